#include "core/plugin/source_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "core/auth/base64.h"
#include "core/auth/hmac.h"
#include "core/base/text.h"
#include "core/http/server.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SourceTest : public ::testing::Test {
 protected:
  ~SourceTest() override {
    if (source_ == nullptr) return;
    source_->begin_stop();
    EXPECT_TRUE(source_->finish_stop());
  }
  void run(const std::string& name, const std::map<std::string, config::Value>& set = {}) {
    make(name, set);
    source_->create();
    source_->start();
    ASSERT_TRUE(source_->await_created(10s));
  }
  void make(const std::string& name, const std::map<std::string, config::Value>& set = {}) {
    const auto plugin = testing::load_test_plugin(name);
    ASSERT_NE(plugin, nullptr);
    source_ =
        std::make_shared<SourceInstance>(world_.services(), plugin, name, testing::options_of(*plugin, set));
  }
  Result<IntakeAnswer> tell(const std::string& message) {
    auto answer = std::make_shared<std::promise<Result<IntakeAnswer>>>();
    source_->deliver(message, ingest::Durability::commit,
                     [answer](Result<IntakeAnswer> result) { answer->set_value(std::move(result)); });
    return answer->get_future().get();
  }
  // A message while the test itself is the instance's thread.
  Result<IntakeAnswer> tell_by_step(const std::string& message) {
    std::promise<Result<IntakeAnswer>> answer;
    source_->deliver(message, ingest::Durability::commit,
                     [&answer](Result<IntakeAnswer> result) { answer.set_value(std::move(result)); });
    source_->runner().step();
    return answer.get_future().get();
  }
  http::Response send(const std::string& body, const std::string& key = {}) {
    return world_.routes.send("POST /webhooks/open", body, {{"X-Delivery", key}});
  }

  // Passes a request to the source's own door, and gives what it was answered.
  std::string relay(const std::string& path, const std::string& body, const std::string& signature) {
    const auto passed =
        tell("{\"relay\":\"" + path + "\",\"body\":\"" + body + "\",\"signature\":\"" + signature + "\"}");
    if (!passed) return passed.error().message;
    for (;;) {
      const std::string answer = tell("{\"relay\":0}")->reply;
      if (answer != "0") return answer;
    }
  }

  testing::World world_;
  std::shared_ptr<SourceInstance> source_;
};

TEST_F(SourceTest, ASourceInCEmits) {
  run("c_source");
  const auto answer = tell("{\"do\":\"emit\"}");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  const Figures figures = source_->status().figures;
  EXPECT_EQ(figures.stored, 1u);
  EXPECT_EQ(figures.duplicate, 1u);
  EXPECT_EQ(figures.refused, 1u);
  ASSERT_THAT(world_.events(), SizeIs(1));
  EXPECT_THAT(world_.events()[0], HasSubstr("\"source\":\"c_source\""));
}

TEST_F(SourceTest, StateAndMetricsWork) {
  run("c_source");
  for (const std::string what : {"state", "metric"}) {
    const auto answer = tell("{\"do\":\"" + what + "\"}");
    EXPECT_TRUE(answer.ok()) << what << ": " << answer.error().message;
  }
  EXPECT_THAT(world_.metrics.text(), HasSubstr("bus_c_source_things_total{kind=\"x\"} 3"));
}

TEST_F(SourceTest, TimersFireOnTheInstancesThread) {
  make("c_source");
  source_->create(false);
  source_->start();
  source_->runner().step();
  ASSERT_TRUE(tell_by_step("{\"do\":\"timer\"}").ok());
  EXPECT_EQ(tell_by_step("{\"do\":\"fired\"}")->reply, "0");
  world_.clock.advance(1s);
  EXPECT_EQ(tell_by_step("{\"do\":\"fired\"}")->reply, "1");
  world_.clock.advance(1h);
  EXPECT_EQ(tell_by_step("{\"do\":\"fired\"}")->reply, "1");
  source_->begin_stop();
  source_->runner().step();
  source_ = nullptr;
}

TEST_F(SourceTest, NothingIsEmittedAfterStop) {
  run("c_source");
  source_->begin_stop();
  ASSERT_TRUE(source_->finish_stop());
  EXPECT_EQ(source_->status().state.state, State::stopped);
  // Its stop() may still emit; its destroy() may not.
  ASSERT_THAT(world_.events(), SizeIs(1));
  EXPECT_THAT(world_.events()[0], HasSubstr("from-stop"));
  EXPECT_EQ(tell("{}").error().code, Code::stopping);
  source_->begin_stop();
  EXPECT_TRUE(source_->finish_stop());
}

TEST_F(SourceTest, StopWithoutStart) {
  make("c_source");
  source_->create();
  source_->begin_stop();
  EXPECT_TRUE(source_->finish_stop());
  EXPECT_THAT(world_.events(), IsEmpty());
}

TEST_F(SourceTest, AWebhookIsAnsweredAfterItsCommit) {
  run("cpp_source");
  const http::Response first = send("{\"a\":1}", "k1");
  EXPECT_EQ(first.status, 202);
  EXPECT_THAT(first.body, HasSubstr("\"status\":\"accepted\",\"events\":[{\"id\":\""));
  EXPECT_THAT(first.body, HasSubstr("\"seq\":1"));
  ASSERT_THAT(world_.events(), SizeIs(1));
  const http::Response again = send("{\"a\":1}", "k1");
  EXPECT_EQ(again.status, 200);
  EXPECT_THAT(again.body, HasSubstr("\"status\":\"duplicate\""));
  EXPECT_THAT(again.body, HasSubstr("\"seq\":1"));
  EXPECT_THAT(world_.events(), SizeIs(1));
}

TEST_F(SourceTest, ARelayedRequestIsLetInLikeOneOverHttp) {
  run("cpp_source");
  const std::string signature = "sha256=" + hex(auth::view(auth::HmacKey(Secret("s3")).sign({"1"})));
  EXPECT_THAT(relay("/webhooks/cpp", "1", signature),
              HasSubstr("[503,{\"error\":{\"code\":\"secret_missing\""));
  ASSERT_TRUE(world_.secrets.set("cpp", Secret("s3")).ok());
  EXPECT_THAT(relay("/webhooks/cpp", "1", ""), HasSubstr("[401,"));
  EXPECT_THAT(relay("/webhooks/cpp", "2", signature), HasSubstr("[401,"));
  EXPECT_THAT(relay("/webhooks/cpp", std::string(1025, '1'), signature), HasSubstr("[413,"));
  EXPECT_THAT(world_.events(), IsEmpty());
  EXPECT_THAT(relay("/webhooks/cpp", "1", signature), HasSubstr("[202,{\"status\":\"accepted\""));
  EXPECT_THAT(world_.events(), SizeIs(1));
  EXPECT_THAT(relay("/webhooks/cpp", "1", signature), HasSubstr("[200,{\"status\":\"duplicate\""));
  EXPECT_THAT(relay("/webhooks/none", "1", signature), HasSubstr("no route POST /webhooks/none"));
}

TEST_F(SourceTest, ASourceMayAnswerItself) {
  run("cpp_source");
  EXPECT_EQ(send("teapot").status, 418);
  EXPECT_EQ(send("bad").status, 400);
  EXPECT_THAT(send("bad").body, HasSubstr("this body is bad"));
  EXPECT_EQ(send("nothing").status, 200);
  EXPECT_THAT(send("nothing").body, HasSubstr("ignored"));
  EXPECT_EQ(send("no json").status, 400);
  EXPECT_THAT(world_.events(), IsEmpty());
}

TEST_F(SourceTest, TheSignatureIsCheckedFirst) {
  run("cpp_source");
  const auto post = [this](const std::string& signature) {
    return world_.routes.send("POST /webhooks/cpp", "{}", {{"X-Hub-Signature-256", signature}}).status;
  };
  EXPECT_EQ(post("sha256=00"), 503);
  ASSERT_TRUE(world_.secrets.set("cpp", Secret("s3")).ok());
  EXPECT_EQ(post("sha256=00"), 401);
  EXPECT_EQ(source_->status().figures.errors, 0u);
  const auto digest = auth::HmacKey(Secret("s3")).sign({"{}"});
  EXPECT_EQ(post("sha256=" + hex(auth::view(digest))), 202);
}

TEST_F(SourceTest, SeveralRowsOfAPathAreAlternatives) {
  run("cpp_source");
  const auto post = [this](const std::string& name, const std::string& value) {
    return world_.routes.send("POST /webhooks/either", "{}", {{name, value}}).status;
  };
  EXPECT_EQ(post("Authorization", "Bearer b"), 503);
  EXPECT_THAT(source_->status().hint, HasSubstr("bus secret set"));
  ASSERT_TRUE(world_.secrets.set("bearer", Secret("b")).ok());
  EXPECT_EQ(post("Authorization", "Bearer b"), 202);
  const std::string mac = auth::base64(auth::HmacKey(Secret("h"), auth::Hash::sha512).mac({"{}"}));
  EXPECT_EQ(post("X-Signature", mac), 401);
  ASSERT_TRUE(world_.secrets.set("hmac", Secret("h")).ok());
  EXPECT_EQ(post("X-Signature", mac), 202);
  EXPECT_EQ(post("X-Signature", "wrong"), 401);
  EXPECT_THAT(world_.events(), ::testing::ElementsAre(HasSubstr("(way 3)"), HasSubstr("(way 2)")));
}

TEST_F(SourceTest, ManyRequestsAtOnce) {
  run("cpp_source");
  std::vector<std::thread> senders;
  for (int sender = 0; sender < 8; ++sender) {
    senders.emplace_back([this, sender] {
      for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(send("{}", std::to_string(sender) + "-" + std::to_string(i)).status, 202);
      }
    });
  }
  for (auto& sender : senders) sender.join();
  EXPECT_THAT(world_.events(), SizeIs(160));
}

TEST_F(SourceTest, ABusySourceSaysSo) {
  make("cpp_source");
  source_->create(false);
  source_->runner().step();
  ASSERT_EQ(world_.routes.size(), 3u);
  std::size_t held = 0;
  while (source_->runner().try_post("held", [] {})) ++held;
  EXPECT_GE(held, http::Options{}.max_connections);  // each may have a request here
  const http::Response busy = send("{}");
  EXPECT_EQ(busy.status, 503);
  EXPECT_THAT(busy.headers,
              ::testing::Contains(std::make_pair(std::string("Retry-After"), std::string("1"))));
  source_->runner().step();
  source_->begin_stop();
  source_->runner().step();
  source_ = nullptr;
}

TEST_F(SourceTest, AStallingSourceIsNotWaitedForLongAndARefusedRequestNeverRuns) {
  const auto plugin = testing::load_test_plugin("cpp_source");
  HostServices services = world_.services();
  services.webhook_patience = 1ms;
  source_ = std::make_shared<SourceInstance>(services, plugin, "cpp_source", testing::options_of(*plugin));
  source_->create(false);
  source_->start();
  source_->runner().step();
  EXPECT_EQ(send("{}").status, 503);
  source_->runner().step();
  EXPECT_THAT(world_.events(), IsEmpty());
  source_->begin_stop();
  source_->runner().step();
  EXPECT_EQ(world_.routes.size(), 0u);
  source_ = nullptr;
}

TEST_F(SourceTest, AnIntakeAnswersWithTheSourcesWords) {
  run("cpp_source");
  const auto answer = tell("{\"x\":1}");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->reply, "{\"ticks\":0}");
  EXPECT_THAT(answer->events, SizeIs(1));
  EXPECT_EQ(tell("{\"undeclared\":1}").error().code, Code::invalid);
  EXPECT_EQ(source_->status().figures.refused, 1u);
}

struct Throw {
  const char* where;
  State state;
};

void PrintTo(const Throw& one, std::ostream* out) {
  *out << one.where;
}

class ThrowTest : public SourceTest, public ::testing::WithParamInterface<Throw> {};

TEST_P(ThrowTest, IsContained) {
  make("cpp_source", {{"throw_in", std::string(GetParam().where)}});
  source_->create(false);
  source_->start();
  source_->runner().step();
  world_.clock.advance(2s);
  source_->runner().step();
  const PluginStatus status = source_->status();
  EXPECT_EQ(status.state.state, GetParam().state) << status.state.reason;
  if (GetParam().state == State::failed) {
    EXPECT_THAT(status.state.reason, HasSubstr("thrown in"));
  }
  source_->begin_stop();
  source_->runner().step();
  source_ = nullptr;
}

INSTANTIATE_TEST_SUITE_P(Where, ThrowTest,
                         ::testing::Values(Throw{"create", State::failed}, Throw{"start", State::failed},
                                           Throw{"timer", State::failed}, Throw{"request", State::ok}),
                         [](const auto& each) { return std::string(each.param.where); });

TEST_F(SourceTest, AThrowingCallbackCostsItsOwnRequest) {
  run("cpp_source", {{"throw_in", std::string("request")}});
  EXPECT_EQ(send("{}").status, 500);
  EXPECT_THAT(send("{}").body, HasSubstr("thrown in request"));
  EXPECT_GE(source_->status().figures.errors, 2u);
}

TEST_F(SourceTest, AThrowingIntakeCostsItsOwnMessage) {
  run("cpp_source", {{"throw_in", std::string("message")}});
  EXPECT_EQ(tell("{}").error().code, Code::fault);
}

TEST_F(SourceTest, ARefusedSettingIsTold) {
  run("cpp_source", {{"greeting", std::string("")}});
  const auto status = source_->status();
  EXPECT_EQ(status.state.state, State::failed);
  EXPECT_THAT(status.state.reason, HasSubstr("greeting"));
}

TEST_F(SourceTest, OneThatHangsIsLeftAlone) {
  const auto plugin = testing::load_test_plugin("hanging");
  HostServices services = world_.services();
  services.stop_grace = 50ms;
  auto hanging = std::make_shared<SourceInstance>(services, plugin, "hanging", Options{});
  hanging->create();
  hanging->start();
  hanging->begin_stop();
  EXPECT_FALSE(hanging->finish_stop());
  EXPECT_EQ(hanging->status().state.state, State::failed);
  EXPECT_THAT(hanging->status().state.reason, HasSubstr("did not come back"));
}

}  // namespace
}  // namespace bus::plugin
