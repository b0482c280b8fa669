// What the host does for a source, from the source's side of the ABI: tests/abi/plugins/helped.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <thread>

#include "core/plugin/source_instance.h"
#include "tests/support/fake_http.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HelpedTest : public ::testing::Test {
 protected:
  ~HelpedTest() override { stop(); }
  void run(const std::map<std::string, config::Value>& set = {}) {
    const auto plugin = testing::load_test_plugin("helped");
    ASSERT_NE(plugin, nullptr);
    HostServices services = world_.services();
    services.outbound = std::make_shared<Outbound>(http_);
    source_ = std::make_shared<SourceInstance>(services, plugin, "helped", testing::options_of(*plugin, set));
    source_->create();
    source_->start();
    ASSERT_TRUE(source_->await_started(10s));
  }
  void stop() {
    if (source_ == nullptr) return;
    source_->begin_stop();
    EXPECT_TRUE(source_->finish_stop());
    source_.reset();
  }
  std::string tell(const std::string& message) {
    auto answer = std::make_shared<std::promise<Result<IntakeAnswer>>>();
    source_->deliver(message, ingest::Durability::commit,
                     [answer](Result<IntakeAnswer> result) { answer->set_value(std::move(result)); });
    auto got = answer->get_future().get();
    return got ? got->reply : got.error().message;
  }
  // Waits until there are so many events, and gives their summaries.
  std::vector<std::string> summaries(std::size_t count) {
    while (world_.hub->head() < count) std::this_thread::yield();
    std::vector<std::string> all;
    for (const std::string& text : world_.events()) {
      json::Document document;
      all.emplace_back((*document.parse(text))["summary"].string_or(""));
    }
    return all;
  }
  static bool alive(pid_t pid) {
    const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    return stat.ok() && stat->find(") Z ") == std::string::npos;
  }

  testing::World world_;
  std::shared_ptr<testing::FakeHttp> http_ = std::make_shared<testing::FakeHttp>();
  std::shared_ptr<SourceInstance> source_;
};

TEST_F(HelpedTest, WatchesADescriptor) {
  run();
  EXPECT_EQ(tell("{\"do\":\"watch\"}"), "");
  EXPECT_THAT(summaries(2), ElementsAre("watch 1 a", "watch 1 b"));
}

TEST_F(HelpedTest, RunsAProgram) {
  run();
  EXPECT_EQ(tell("{\"do\":\"run\"}"), "");
  EXPECT_THAT(summaries(1), ElementsAre("run hi there exit 2"));
}

TEST_F(HelpedTest, AsksAServer) {
  http::ClientResponse answer;
  answer.status = 200;
  answer.headers = {{"ETag", "\"2\""}};
  answer.body = "news";
  http_->script("GET http://far.example/x", answer);
  http_->script("GET http://far.example/x", error(Code::unavailable, "far.example: cannot connect"));
  run();
  EXPECT_EQ(tell("{\"do\":\"ask\"}"), "");
  EXPECT_THAT(summaries(1), ElementsAre("200 \"2\" news"));
  EXPECT_EQ(tell("{\"do\":\"ask\"}"), "");
  EXPECT_EQ(summaries(2)[1], "far.example: cannot connect");
  const http::HeaderList headers = http_->asked().at(0).headers;
  EXPECT_THAT(headers, ::testing::Contains(::testing::Pair("If-None-Match", "\"1\"")));
  EXPECT_THAT(headers, ::testing::Contains(::testing::Pair("User-Agent", ::testing::EndsWith("(helped)"))));
}

TEST_F(HelpedTest, EvaluatesExpressions) {
  run();
  EXPECT_EQ(tell("{\"do\":\"map\",\"a\":41}"), "[42,\"/p\",\"column 6: no such field 'b'\"]");
}

TEST_F(HelpedTest, AWrongExpressionIsAWrongSetting) {
  run({{"map", std::vector<std::string>{"body."}}});
  EXPECT_EQ(source_->status().state.state, State::failed);
  EXPECT_THAT(source_->status().state.reason, HasSubstr("column 6"));
}

TEST_F(HelpedTest, StopEndsItsPrograms) {
  run();
  const pid_t pid = std::stoi(tell("{\"do\":\"idle\"}"));
  EXPECT_TRUE(alive(pid));
  stop();
  EXPECT_FALSE(alive(pid));
}

TEST_F(HelpedTest, AFailedStartLeavesNothing) {
  run({{"fail", true}});
  const std::string reason = source_->status().state.reason;
  EXPECT_EQ(source_->status().state.state, State::retrying);
  ASSERT_THAT(reason, HasSubstr("its program is "));
  EXPECT_FALSE(alive(std::stoi(reason.substr(reason.rfind(' ')))));
}

}  // namespace
}  // namespace bus::plugin
