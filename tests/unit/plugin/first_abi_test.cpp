// Plugins that were built against the headers of ABI 1.0 work in this host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "core/base/file.h"
#include "core/plugin/sink_instance.h"
#include "core/plugin/source_instance.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class FirstAbi : public ::testing::Test {
 protected:
  ~FirstAbi() override {
    if (source_ == nullptr) return;
    source_->begin_stop();
    EXPECT_TRUE(source_->finish_stop());
  }
  void run(const std::string& name, const std::map<std::string, config::Value>& set = {}) {
    const auto plugin = testing::load_test_plugin(name);
    ASSERT_NE(plugin, nullptr);
    EXPECT_EQ(plugin->descriptor.abi_minor, 0u);
    source_ =
        std::make_shared<SourceInstance>(world_.services(), plugin, name, testing::options_of(*plugin, set));
    source_->create();
    source_->start();
    ASSERT_TRUE(source_->await_created(60s));
  }
  Result<IntakeAnswer> tell(const std::string& message) {
    auto answer = std::make_shared<std::promise<Result<IntakeAnswer>>>();
    source_->deliver(message, ingest::Durability::commit,
                     [answer](Result<IntakeAnswer> result) { answer->set_value(std::move(result)); });
    return answer->get_future().get();
  }

  testing::World world_;
  std::shared_ptr<SourceInstance> source_;
};

TEST_F(FirstAbi, ASourceInCEmitsKeepsStateCountsAndSetsTimers) {
  run("v1_c_source");
  for (const std::string what : {"emit", "state", "metric", "timer"}) {
    const auto answer = tell("{\"do\":\"" + what + "\"}");
    EXPECT_TRUE(answer.ok()) << what << ": " << answer.error().message;
  }
  ASSERT_THAT(world_.events(), SizeIs(1));
  EXPECT_THAT(world_.events()[0], HasSubstr("\"source\":\"v1_c_source\""));
  EXPECT_THAT(world_.metrics.text(), HasSubstr("bus_v1_c_source_things_total{kind=\"x\"} 3"));
}

TEST_F(FirstAbi, ASourceInCppTakesWebhooksAndMessages) {
  run("v1_cpp_source");
  const http::Response first = world_.routes.send("POST /webhooks/open", "{\"a\":1}", {{"X-Delivery", "k"}});
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(world_.routes.send("POST /webhooks/open", "{\"a\":1}", {{"X-Delivery", "k"}}).status, 200);
  EXPECT_EQ(world_.routes.send("POST /webhooks/open", "bad").status, 400);
  EXPECT_EQ(world_.routes.send("POST /webhooks/cpp", "{}").status, 503);  // its secret is not set
  EXPECT_TRUE(tell("{\"b\":2}").ok());
  EXPECT_THAT(world_.events(), SizeIs(2));
}

TEST_F(FirstAbi, WhatItThrowsIsCaught) {
  run("v1_cpp_source", {{"throw_in", std::string("request")}});
  EXPECT_EQ(world_.routes.send("POST /webhooks/open", "{}").status, 500);
  EXPECT_TRUE(tell("{}").ok());
}

TEST_F(FirstAbi, ASinkGetsItsEvents) {
  world_.emit({"a", "b"});
  const auto plugin = testing::load_test_plugin("v1_cpp_sink");
  ASSERT_NE(plugin, nullptr);
  const auto sink = std::make_shared<SinkInstance>(
      world_.services(), plugin, "out", testing::options_of(*plugin, {{"path", world_.folder / "out"}}),
      SinkSettings{});
  const auto step = [&] {
    for (int i = 0; i < 8; ++i) sink->runner().step();
  };
  sink->create(false);
  sink->start();
  step();
  sink->begin_stop();
  step();
  EXPECT_EQ(read_file(world_.folder / "out", 1 << 20).value_or(""), "start 0\n1 a\n2 b\nstop\n");
}

}  // namespace
}  // namespace bus::plugin
