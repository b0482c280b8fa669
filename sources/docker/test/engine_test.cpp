#include "sources/docker/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sources/docker/test/driver.h"
#include "sources/docker/test/scripted_engine.h"
#include "tests/support/fake_plugin_host.h"
#include "tests/support/temp_folder.h"

namespace bus::docker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kId = "9fe42910f0c62204e2a60519c30ed51236ce2c3f92ff620f171cbdc2b16bcf62";
constexpr std::int64_t kNow = 1795184100;  // s

std::string container_message(std::string_view action, std::int64_t second, const std::string& more = "") {
  return R"({"Type":"container","Action":")" + std::string(action) + R"(","Actor":{"ID":")" + kId +
         R"(","Attributes":{)" + more + R"("image":"redis:7","name":"cache"}},"time":)" +
         std::to_string(second) + R"(,"timeNano":)" + std::to_string(second) + "000000001}\n";
}

std::string listed(std::string_view state) {
  return R"([{"Id":")" + std::string(kId) + R"(","State":")" + std::string(state) + R"("}])";
}

std::string inspected(std::string_view status, int exit, std::string_view started,
                      std::string_view finished) {
  return R"({"Id":")" + std::string(kId) + R"(","Name":"/cache","State":{"Status":")" + std::string(status) +
         R"(","ExitCode":)" + std::to_string(exit) + R"(,"StartedAt":")" + std::string(started) +
         R"(","FinishedAt":")" + std::string(finished) + R"("},"Config":{"Image":"redis:7"}})";
}

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() : path_(folder_ / "docker.sock"), peer_(path_), driver_(host_, peer_) {
    host_.now_us = kNow * 1'000'000;
    peer_.answers["/version"] = {200, R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})"};
    peer_.answers["/containers/json"] = {200, "[]"};
    renew();
  }
  ~EngineTest() override { engine_->stop(); }

  void renew(Choice choice = {{}, {}, {"exec*"}}) {
    engine_ = std::make_unique<Engine>(Host(host_.table()), std::move(choice));
  }
  void start() {
    Places places;
    places.chosen = true;
    places.all.emplace_back();
    places.all.back().path = path_;
    engine_->start(std::move(places));
    driver_.settle();
  }
  // Connected, and what was to be asked has been asked.
  void connect() {
    peer_.listen();
    start();
    driver_.pass(seconds(1));
    ASSERT_EQ(health(), BUS_HEALTH_OK) << reason();
  }
  std::int32_t health() const { return host_.reports.empty() ? -1 : host_.reports.back().first; }
  std::string reason() const { return host_.reports.empty() ? "" : host_.reports.back().second; }
  std::vector<std::string> summaries() const {
    std::vector<std::string> out;
    for (const auto& event : host_.events) out.push_back(event.summary);
    return out;
  }

  bus::testing::TempFolder folder_;
  std::string path_;
  bus::testing::FakePluginHost host_{bus_plugin_v1};
  ScriptedEngine peer_;
  Driver driver_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, SubscribesInAVersionThatBothKnow) {
  connect();
  EXPECT_THAT(peer_.requests, ElementsAre("/version", StartsWith("/v1.41/events?since=1795184100.000000000"),
                                          "/v1.41/containers/json?all=1"));
  EXPECT_THAT(reason(), HasSubstr("Docker 20.10.24 at " + path_));
  EXPECT_EQ(driver_.timers(), 0u);  // nothing wakes it while the engine is silent
}

TEST_F(EngineTest, TellsWhatComesInAnyPieces) {
  connect();
  const std::string both =
      container_message("start", kNow) + container_message("die", kNow + 1, R"("exitCode":"3",)");
  for (const char c : both) {
    peer_.tell({&c, 1});
    driver_.settle();
  }
  EXPECT_THAT(summaries(), ElementsAre("container cache started", "container cache exited with 3"));
}

TEST_F(EngineTest, ManyMessagesInOneChunkAndAcrossChunks) {
  connect();
  std::string many;
  for (int i = 0; i < 300; ++i) many += container_message("attach", kNow + i);
  peer_.tell(many.substr(0, 1000));
  peer_.tell(many.substr(1000, 20000));
  peer_.tell(many.substr(21000));
  driver_.settle();
  EXPECT_EQ(host_.events.size(), 300u);
}

TEST_F(EngineTest, WithoutAnEngineItIsIdleAndSleeps) {
  start();
  EXPECT_EQ(health(), BUS_HEALTH_IDLE);
  EXPECT_THAT(reason(), HasSubstr(path_));
  EXPECT_EQ(driver_.timers(), 0u);
  driver_.pass(seconds(600));
  EXPECT_EQ(host_.reports.size(), 2u);
  peer_.listen();
  driver_.settle();
  driver_.pass(milliseconds(100));
  EXPECT_EQ(health(), BUS_HEALTH_OK);
}

TEST_F(EngineTest, ASocketThatNobodyListensOnIsTriedLessAndLess) {
  peer_.listen();
  peer_.die(true);
  start();
  EXPECT_EQ(health(), BUS_HEALTH_IDLE);
  int tries = 0;
  for (; driver_.timers() != 0 && tries < 100; ++tries) driver_.pass(seconds(60));
  EXPECT_LT(tries, 12);
  EXPECT_EQ(driver_.timers(), 0u);
  peer_.listen();
  driver_.settle();
  driver_.pass(milliseconds(100));
  EXPECT_EQ(health(), BUS_HEALTH_OK);
}

TEST_F(EngineTest, AStreamThatHeldIsTakenUpAgainWithoutAWord) {
  connect();
  peer_.tell(container_message("start", kNow));
  driver_.settle();
  host_.now_us += 60'000'000;
  peer_.end_streams();
  peer_.answers["/containers/json"] = {200, listed("running")};
  peer_.answers[std::string("/containers/") + kId + "/json"] = {
      200, inspected("running", 0, "2026-11-20T14:14:59Z", "0001-01-01T00:00:00Z")};
  driver_.settle();
  driver_.pass(milliseconds(1));
  driver_.pass(seconds(1));
  EXPECT_EQ(health(), BUS_HEALTH_OK);
  EXPECT_EQ(peer_.streams(), 1u);
  EXPECT_THAT(peer_.requests[4], HasSubstr("/events?since=1795184100.000000001"));
  EXPECT_THAT(summaries(), ElementsAre("container cache started", "container cache runs"));
}

TEST_F(EngineTest, WhileTheEngineIsAwayNobodyKnows) {
  connect();
  peer_.tell(container_message("start", kNow));
  driver_.settle();
  host_.now_us += 60'000'000;
  peer_.die();
  driver_.settle();
  driver_.pass(milliseconds(1));
  EXPECT_EQ(health(), BUS_HEALTH_IDLE);
  EXPECT_THAT(summaries(), ElementsAre("container cache started", "container cache cannot be observed now"));
  EXPECT_EQ(driver_.timers(), 0u);
  host_.now_us += 60'000'000;
  peer_.answers["/containers/json"] = {200, listed("exited")};
  peer_.answers[std::string("/containers/") + kId + "/json"] = {
      200, inspected("exited", 3, "2026-11-20T14:14:59Z", "2026-11-20T14:15:30Z")};
  peer_.listen();
  driver_.settle();
  driver_.pass(milliseconds(100));
  driver_.pass(seconds(1));
  EXPECT_THAT(summaries().back(), "container cache exited with 3");
}

TEST_F(EngineTest, AContainerThatIsGoneIsLost) {
  connect();
  peer_.tell(container_message("start", kNow));
  driver_.settle();
  host_.now_us += 60'000'000;
  peer_.end_streams();
  driver_.settle();
  driver_.pass(milliseconds(1));
  driver_.pass(seconds(1));
  EXPECT_THAT(summaries(), ElementsAre("container cache started", "container cache ended unseen"));
}

TEST_F(EngineTest, WhatRunsAtFirstIsFound) {
  peer_.answers["/containers/json"] = {200, listed("running")};
  peer_.answers[std::string("/containers/") + kId + "/json"] = {
      200, inspected("running", 0, "2026-11-20T14:00:00Z", "0001-01-01T00:00:00Z")};
  connect();
  EXPECT_THAT(summaries(), ElementsAre("container cache runs"));
}

TEST_F(EngineTest, MessagesThatAreThereGoBeforeAnswers) {
  peer_.answers["/containers/json"] = {200, listed("running")};
  peer_.answers[std::string("/containers/") + kId + "/json"] = {
      200, inspected("running", 0, "2026-11-20T14:00:00Z", "0001-01-01T00:00:00Z")};
  peer_.stream_head += "0\r\n\r\n";  // to be replaced
  peer_.stream_head = "HTTP/1.1 200 OK\r\n\r\n" + container_message("start", kNow - 60);
  connect();
  EXPECT_THAT(summaries(), ElementsAre("container cache started"));
}

TEST_F(EngineTest, AFailedStartIsAskedAbout) {
  connect();
  peer_.answers[std::string("/containers/") + kId + "/json"] = {
      200, inspected("created", 127, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")};
  peer_.tell(container_message("create", kNow));
  peer_.tell(R"({"Type":"network","Action":"disconnect","Actor":{"ID":"n","Attributes":{"container":")" +
             std::string(kId) + R"("}},"time":1795184100,"timeNano":1795184100000000009})");
  driver_.settle();
  EXPECT_THAT(summaries(), ElementsAre("container cache was created", "network n: disconnect",
                                       "container cache ended in error (start failed)"));
}

TEST_F(EngineTest, CutInTheMiddleOfAMessageItIsAskedForAgain) {
  connect();
  peer_.tell(container_message("start", kNow) + R"({"Type":"container","Act)");
  driver_.settle();
  peer_.end_streams();
  driver_.settle();
  EXPECT_EQ(health(), BUS_HEALTH_RETRYING);
  driver_.pass(seconds(1));
  ASSERT_EQ(peer_.streams(), 1u);
  peer_.tell(container_message("start", kNow) + container_message("die", kNow + 1, R"("exitCode":"0",)"));
  driver_.settle();
  ASSERT_GE(host_.events.size(), 2u);
  EXPECT_EQ(host_.events.back().summary, "container cache exited with 0");
}

TEST_F(EngineTest, AMessageBeyondTheBoundIsPassedOver) {
  connect();
  peer_.tell(R"({"Type":"container","Action":")");
  for (int i = 0; i < 40; ++i) {
    peer_.tell(std::string(60'000, 'x'));
    driver_.settle();
  }
  peer_.tell(R"("})" + container_message("start", kNow));
  driver_.settle();
  EXPECT_THAT(summaries(), ElementsAre("container cache started"));
  EXPECT_EQ(health(), BUS_HEALTH_OK);
}

TEST_F(EngineTest, GarbageIsNoEngineAndNotTriedAllTheTime) {
  connect();
  peer_.tell("<html>");
  driver_.settle();
  EXPECT_EQ(health(), BUS_HEALTH_RETRYING);
  EXPECT_THAT(reason(), HasSubstr("not JSON"));
  EXPECT_EQ(driver_.timers(), 1u);
  peer_.stream_head = "SSH-2.0-nonsense\r\n";
  const std::size_t before = peer_.requests.size();
  for (int i = 0; i < 30; ++i) driver_.pass(seconds(1));
  EXPECT_LE(peer_.requests.size() - before, 12u);  // with a fresh try every second it would be 60
  EXPECT_EQ(health(), BUS_HEALTH_RETRYING);
}

TEST_F(EngineTest, AnErrorOfTheEngineIsShown) {
  peer_.answers["/events"] = {500, R"({"message":"no room left"})"};
  peer_.listen();
  start();
  EXPECT_EQ(health(), BUS_HEALTH_RETRYING);
  EXPECT_THAT(reason(), HasSubstr("500"));
  EXPECT_THAT(reason(), HasSubstr("no room left"));
}

TEST_F(EngineTest, WhatIsNoEngineIsSaid) {
  peer_.answers["/version"] = {200, "[]"};
  peer_.listen();
  start();
  EXPECT_EQ(health(), BUS_HEALTH_RETRYING);
  EXPECT_THAT(reason(), HasSubstr("no container engine"));
}

TEST_F(EngineTest, ASlowEngineIsGivenUp) {
  peer_.listen();
  Places places;
  places.all.emplace_back();
  places.all.back().path = path_;
  engine_->start(std::move(places));
  const std::uint64_t patience = host_.abilities.timers.begin()->first;
  host_.abilities.fire(patience);
  EXPECT_EQ(health(), BUS_HEALTH_RETRYING);
  EXPECT_THAT(reason(), HasSubstr("in time"));
}

TEST_F(EngineTest, AnEngineThatSaysNothingBeforeTheFirstMessageIsTakenForGood) {
  peer_.stream_head.clear();
  peer_.listen();
  start();
  EXPECT_EQ(health(), BUS_HEALTH_IDLE);
  driver_.pass(seconds(5));
  driver_.pass(seconds(1));
  EXPECT_EQ(health(), BUS_HEALTH_OK);
  EXPECT_EQ(driver_.timers(), 0u);
}

TEST_F(EngineTest, WhatTheHostDoesNotTakeIsAskedForAgain) {
  connect();
  host_.answer = BUS_UNAVAILABLE;
  peer_.tell(container_message("start", kNow));
  driver_.settle();
  EXPECT_THAT(host_.events, IsEmpty());
  EXPECT_EQ(health(), BUS_HEALTH_RETRYING);
  host_.answer = BUS_OK;
  driver_.pass(seconds(1));
  EXPECT_THAT(peer_.requests.back(), Not(HasSubstr("1795184100.000000001")));
  peer_.tell(container_message("start", kNow));
  driver_.settle();
  EXPECT_THAT(summaries(), ElementsAre("container cache started"));
}

TEST_F(EngineTest, ANewLifeGoesOnWhereTheLastOneEnded) {
  connect();
  peer_.tell(container_message("start", kNow));
  driver_.settle();
  engine_->stop();
  renew();
  start();
  EXPECT_THAT(peer_.requests.back(), StartsWith("/v1.41/containers/json"));
  EXPECT_THAT(peer_.requests[peer_.requests.size() - 2], HasSubstr("since=1795184100.000000001"));
  peer_.tell(container_message("kill", kNow + 1, R"("signal":"15",)") +
             container_message("die", kNow + 2, R"("exitCode":"143",)"));
  driver_.settle();
  EXPECT_EQ(host_.events.back().summary, "container cache was stopped (SIGTERM)");
}

TEST_F(EngineTest, OthersThanContainersNeedNoAsking) {
  renew({{"image"}, {}, {}});
  connect();
  EXPECT_THAT(peer_.requests.back(), HasSubstr("filters=%7B%22type%22%3A%5B%22image%22%5D%7D"));
}

TEST_F(EngineTest, AListThatCannotBeHadDoesNotStopTheStream) {
  peer_.answers["/containers/json"] = {500, "{}"};
  connect();
  peer_.tell(container_message("start", kNow));
  driver_.settle();
  EXPECT_THAT(summaries(), ElementsAre("container cache started"));
  peer_.answers["/containers/json"] = {200, "[]"};
  driver_.pass(seconds(2));
  driver_.pass(seconds(1));
  EXPECT_EQ(driver_.timers(), 0u);
}

TEST_F(EngineTest, StopIsSafeTwiceAndAtAnyTime) {
  engine_->stop();
  connect();
  engine_->stop();
  engine_->stop();
  EXPECT_EQ(driver_.timers(), 0u);
  EXPECT_TRUE(host_.abilities.watches.empty());
}

TEST(ReadVersion, TakesTheNewestThatBothKnow) {
  const auto api = [](std::string_view newest, std::string_view oldest) {
    return read_version("{\"ApiVersion\":\"" + std::string(newest) + "\",\"MinAPIVersion\":\"" +
                        std::string(oldest) + "\"}")
        .api;
  };
  EXPECT_EQ(api("1.41", "1.12"), "/v1.41");
  EXPECT_EQ(api("1.56", "1.44"), "/v1.52");
  EXPECT_EQ(api("1.60", "1.53"), "");
  EXPECT_EQ(api("1.24", ""), "/v1.24");
  EXPECT_EQ(api("", ""), "");
  EXPECT_THAT(
      read_version(R"({"ApiVersion":"1.41","Version":"4.3.1","Components":[{"Name":"Podman Engine"}]})").name,
      "Podman 4.3.1");
}

TEST(EventsTarget, AsksFromTheLastMessageOn) {
  EXPECT_EQ(events_target("/v1.41", 0, {}, {}), "/v1.41/events");
  EXPECT_EQ(events_target("/v1.41", 1795184100000000042, {}, {}), "/v1.41/events?since=1795184100.000000042");
  EXPECT_EQ(events_target("", 0, {}, {"a=\"b\""}),
            "/events?filters=%7B%22label%22%3A%5B%22a%3D%5C%22b%5C%22%22%5D%7D");
}

}  // namespace
}  // namespace bus::docker
