// The asking, through the plugin's C entry points: a fake clock, and a GitHub whose answers the test writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "bus/plugin.h"
#include "tests/support/fake_plugin_host.h"

namespace {

using bus::testing::FakePluginHost;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::int64_t kSecond = 1'000'000;
constexpr const char* kRepo = "https://api.github.com/repos/octo/hello";
using Headers = std::map<std::string, std::string>;

std::string runs(const std::string& status, const std::string& conclusion = "null") {
  return R"({"workflow_runs":[{"id":98,"name":"CI","status":")" + status + R"(","conclusion":)" + conclusion +
         R"(,"head_branch":"main","updated_at":"2027-01-15T08:00:00Z","repository":{"full_name":"octo/hello"}}]})";
}

class Polling : public ::testing::Test {
 protected:
  Polling() {
    for (const char* pause : {"poll_every", "poll_idle", "poll_check"}) host.set(pause, "60000000");
    host.set("poll_active", "15000000");
    host.set("stall_after", "3600000000");
    host.now_us = 1'800'000'000 * kSecond;
  }
  ~Polling() override { end(); }
  void begin() {
    error_.size = sizeof error_;
    source_ = bus_plugin_v1.create_source(host.table(), &error_);
    ASSERT_NE(source_, nullptr) << error_.message;
    ASSERT_EQ(source_->start(source_->self, &error_), BUS_OK) << error_.message;
  }
  void end() {
    if (source_ == nullptr) return;
    source_->stop(source_->self);
    EXPECT_THAT(host.abilities.requests, IsEmpty()) << "nothing is asked after stop";
    EXPECT_THAT(host.abilities.timers, IsEmpty());
    source_->destroy(source_->self);
    source_ = nullptr;
  }
  std::string say(const std::string& message, std::int32_t code = BUS_OK) {
    const auto* intake =
        static_cast<const bus_intake*>(source_->get_extension(source_->self, BUS_EXT_INTAKE));
    bus_intake_reply reply{};
    reply.size = sizeof reply;
    error_.message[0] = '\0';
    EXPECT_EQ(intake->on_message(source_->self, {message.data(), message.size()}, &reply, &error_), code)
        << error_.message;
    return std::string(reply.json.ptr == nullptr ? "" : reply.json.ptr, reply.json.len);
  }
  void deliver(const std::string& event, const std::string& body) {
    const auto* webhook =
        static_cast<const bus_webhook*>(source_->get_extension(source_->self, BUS_EXT_WEBHOOK));
    const std::string names[] = {"X-GitHub-Event", "X-GitHub-Delivery"};
    const std::string id = "d-" + std::to_string(++deliveries_);
    const bus_header headers[] = {{{names[0].data(), names[0].size()}, {event.data(), event.size()}},
                                  {{names[1].data(), names[1].size()}, {id.data(), id.size()}}};
    bus_webhook_request request{};
    request.size = sizeof request;
    request.headers = headers, request.header_count = 2;
    request.body = {body.data(), body.size()};
    request.received_us = host.now_us;
    bus_webhook_reply reply{};
    reply.size = sizeof reply;
    EXPECT_EQ(webhook->on_request(source_->self, &request, &reply, &error_), BUS_OK);
  }
  // The one request that is on its way.
  const bus::testing::FakeAbilities::Asked& asked() {
    EXPECT_THAT(host.abilities.requests, SizeIs(1));
    return host.abilities.requests.begin()->second;
  }
  void answer(std::int32_t status, const std::string& body = "{}", Headers headers = {}) {
    headers.try_emplace("X-RateLimit-Limit", "5000");
    headers.try_emplace("X-RateLimit-Remaining", "4990");
    headers.try_emplace("X-RateLimit-Reset", std::to_string(host.now_us / kSecond + 1800));
    host.abilities.answer(host.abilities.requests.begin()->first, status, body, headers);
  }
  // Moves the clock and fires what is due then.
  void pass(std::int64_t us) {
    host.now_us += us;
    const auto armed = host.abilities.timers;
    for (const auto& [id, timer] : armed) {
      if (host.abilities.timers.contains(id) && static_cast<std::int64_t>(timer.delay_us) <= us)
        host.abilities.fire(id);
    }
  }
  // Watches and answers until the first list of runs is asked for.
  void watch() {
    EXPECT_EQ(say(R"({"op":"watch","repo":"octo/hello"})"), R"({"repo":"octo/hello","changed":true})");
    EXPECT_EQ(asked().url, kRepo);
    answer(200, R"({"full_name":"octo/hello"})");
    EXPECT_EQ(asked().url, std::string(kRepo) + "/actions/runs?per_page=30");
  }

  FakePluginHost host{bus_plugin_v1};
  const bus_source* source_ = nullptr;
  bus_error error_{};
  int deliveries_ = 0;
};

TEST_F(Polling, NothingIsAskedAndNothingWaitsUntilSomethingIsWatched) {
  begin();
  EXPECT_THAT(host.abilities.requests, IsEmpty());
  EXPECT_THAT(host.abilities.timers, IsEmpty());
}

TEST_F(Polling, AsksWithTheTokenAndTheEtag) {
  begin();
  watch();
  EXPECT_EQ(asked().headers.at("Authorization"), "Bearer github_token");
  EXPECT_EQ(asked().headers.at("X-GitHub-Api-Version"), "2022-11-28");
  EXPECT_FALSE(asked().headers.contains("If-None-Match"));
  answer(200, R"({"workflow_runs":[]})", {{"ETag", "W/\"v1\""}});
  EXPECT_THAT(host.abilities.requests, IsEmpty());
  pass(60 * kSecond);
  EXPECT_EQ(asked().headers.at("If-None-Match"), "W/\"v1\"");
  answer(304, "");
  EXPECT_THAT(host.events, IsEmpty());
}

TEST_F(Polling, AChangeIsAnEventAndTheSameIsNone) {
  begin();
  watch();
  answer(200, runs("in_progress"));
  ASSERT_THAT(host.events, SizeIs(1));
  EXPECT_EQ(host.events[0].type, "workflow_run");
  EXPECT_EQ(host.events[0].key, "");
  EXPECT_THAT(asked().url, HasSubstr("/actions/runs/98/jobs"));
  answer(200, R"({"jobs":[]})");
  pass(15 * kSecond);
  answer(200, runs("in_progress"));
  EXPECT_THAT(host.events, SizeIs(1)) << "not told again";
  answer(200, R"({"jobs":[]})");
  pass(15 * kSecond);
  answer(200, runs("completed", R"("success")"));
  EXPECT_THAT(host.events, SizeIs(2));
}

TEST_F(Polling, WhatIsNotStoredIsAskedForAgain) {
  begin();
  watch();
  host.answer = BUS_UNAVAILABLE;
  answer(200, runs("in_progress"), {{"ETag", "\"v1\""}});
  EXPECT_THAT(host.abilities.requests, IsEmpty());
  EXPECT_THAT(host.abilities.state["repo/octo/hello"], Not(HasSubstr("v1")));
  host.answer = BUS_OK;
  pass(6 * kSecond);
  EXPECT_FALSE(asked().headers.contains("If-None-Match")) << "its events were never stored";
  answer(200, runs("in_progress"), {{"ETag", "\"v1\""}});
  EXPECT_THAT(host.events, SizeIs(1));
  EXPECT_THAT(host.abilities.state["repo/octo/hello"], HasSubstr("v1"));
}

TEST_F(Polling, AWatchOutlivesARestart) {
  begin();
  watch();
  answer(200, R"({"workflow_runs":[]})", {{"ETag", "\"v1\""}});
  end();
  begin();
  EXPECT_EQ(asked().url, std::string(kRepo) + "/actions/runs?per_page=30");
  EXPECT_EQ(asked().headers.at("If-None-Match"), "\"v1\"");
  EXPECT_EQ(say(R"({"op":"unwatch","repo":"OCTO/hello"})"), R"({"repo":"OCTO/hello","changed":true})");
  EXPECT_FALSE(host.abilities.state.contains("repo/octo/hello"));
  answer(304, "");
  EXPECT_THAT(host.abilities.timers, IsEmpty());
}

TEST_F(Polling, TheConfigurationsWatchesAreItsOwn) {
  host.set_list("repositories", {"octo/hello"});
  begin();
  say(R"({"op":"unwatch","repo":"octo/hello"})", BUS_INVALID);
  EXPECT_THAT(say(R"({"op":"status"})"),
              HasSubstr(R"("repo":"octo/hello","origin":"configuration","state":"new")"));
}

TEST_F(Polling, ALimitIsKept) {
  begin();
  watch();
  answer(403, R"({"message":"You have exceeded a secondary rate limit."})", {{"Retry-After", "30"}});
  pass(29 * kSecond);
  EXPECT_THAT(host.abilities.requests, IsEmpty());
  EXPECT_THAT(say(R"({"op":"status"})"), HasSubstr("GitHub asked for a pause"));
  pass(60 * kSecond);
  EXPECT_THAT(asked().url, HasSubstr("/actions/runs"));
}

TEST_F(Polling, TheReserveIsKept) {
  begin();
  watch();
  answer(200, R"({"workflow_runs":[]})", {{"X-RateLimit-Remaining", "1000"}});
  EXPECT_THAT(host.reports, Contains(Pair(BUS_HEALTH_DEGRADED, HasSubstr("kept in reserve"))));
  pass(1799 * kSecond);
  EXPECT_THAT(host.abilities.requests, IsEmpty());
  pass(1800 * kSecond);
  pass(60 * kSecond);
  EXPECT_THAT(host.abilities.requests, SizeIs(1));
}

TEST_F(Polling, ATokenThatIsNotAcceptedWaitsForAPerson) {
  begin();
  watch();
  answer(401, R"({"message":"Bad credentials"})");
  EXPECT_THAT(host.reports, Contains(Pair(BUS_HEALTH_WAITING, HasSubstr("does not accept the token"))));
  host.set("token", "another");
  pass(301 * kSecond);
  EXPECT_EQ(asked().headers.at("Authorization"), "Bearer another");
  answer(200, R"({"workflow_runs":[]})");
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_OK);
}

TEST_F(Polling, AServerInTroubleIsTriedAgainWithPauses) {
  begin();
  watch();
  for (int n = 0; n < 3; ++n) {
    if (n == 1)
      host.abilities.fail(host.abilities.requests.begin()->first, BUS_UNAVAILABLE, "cut");
    else
      answer(502, "<html>");
    EXPECT_THAT(host.abilities.requests, IsEmpty());
    pass(30 * kSecond);
  }
  EXPECT_THAT(host.reports, Contains(Pair(BUS_HEALTH_RETRYING, "cut")));
  answer(200, R"({"workflow_runs":[]})");
  EXPECT_THAT(host.reports.back(), Pair(BUS_HEALTH_OK, ""));
}

TEST_F(Polling, AFollowAsksAtOnceAndEndsWithItsLease) {
  begin();
  const std::string sha(40, 'c');
  EXPECT_EQ(say(R"({"op":"follow","repo":"octo/hello","sha":")" + sha + R"(","lease_s":60})"),

            R"({"lease_s":60,"looked":false})");
  answer(200, R"({"full_name":"octo/hello"})");
  EXPECT_EQ(asked().url, std::string(kRepo) + "/actions/runs?head_sha=" + sha + "&per_page=100");
  answer(200, R"({"workflow_runs":[]})");
  answer(200, R"({"check_runs":[]})");
  answer(200, R"({"statuses":[]})");
  EXPECT_THAT(say(R"({"op":"status"})"), HasSubstr("\"what\":\"commit " + sha));
  EXPECT_EQ(say(R"({"op":"follow","repo":"octo/hello","sha":")" + sha + R"(","lease_s":60})"),
            R"({"lease_s":60,"looked":true})");
  pass(61 * kSecond);
  EXPECT_THAT(host.abilities.requests, IsEmpty());
  EXPECT_THAT(host.abilities.timers, IsEmpty());
  EXPECT_FALSE(host.abilities.state.contains("repo/octo/hello"));
}

TEST_F(Polling, APollIsAnErrand) {
  begin();
  watch();
  answer(200, R"({"workflow_runs":[]})");
  EXPECT_EQ(say(R"({"op":"poll"})"), R"({"errand":1})");
  EXPECT_EQ(say(R"({"op":"errand","errand":1})"), R"({"done":false})");
  answer(304, "");
  EXPECT_EQ(say(R"({"op":"errand","errand":1})"),
            R"({"done":true,"result":{"requests":1,"unchanged":1,"events":0}})");
  say(R"({"op":"errand","errand":1})", BUS_INVALID);
  say(R"({"op":"poll","repo":"octo/other"})");
  EXPECT_EQ(say(R"({"op":"errand","errand":2})"), R"({"done":true,"result":{"known":false}})");
}

TEST_F(Polling, AJobThatStallsIsToldOnceWhoeverToldOfIt) {
  begin();
  deliver("workflow_job", R"({"action":"in_progress","workflow_job":{"id":5,"run_id":98,"name":"test",
    "status":"in_progress"},"repository":{"full_name":"octo/hello"}})");
  ASSERT_THAT(host.events, SizeIs(1));
  pass(3600 * kSecond);
  ASSERT_THAT(host.events, SizeIs(2));
  EXPECT_THAT(host.events[1].summary, HasSubstr("nobody knows"));
}

TEST_F(Polling, RedeliversWhatNeverGotThrough) {
  begin();
  say(R"({"op":"redeliver","repo":"octo/hello"})");
  EXPECT_EQ(asked().url, std::string(kRepo) + "/hooks?per_page=100");
  answer(200, R"([{"id":7,"active":true,"config":{"url":"https://me.example/webhook"}}])");
  EXPECT_EQ(asked().url, std::string(kRepo) + "/hooks/7/deliveries?per_page=100");
  answer(200, R"([{"id":2,"guid":"b","delivered_at":"2027-01-15T07:59:00Z","status":"OK","status_code":202},
                  {"id":1,"guid":"a","delivered_at":"2027-01-15T07:58:00Z","status":"x","status_code":502}])");
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, std::string(kRepo) + "/hooks/7/deliveries/1/attempts");
  answer(202);
  EXPECT_EQ(say(R"({"op":"errand","errand":1})"),
            R"({"done":true,"result":{"hook":7,"failed":1,"asked":1}})");
}

TEST_F(Polling, WithoutTheRightNothingIsRedelivered) {
  begin();
  say(R"({"op":"redeliver","repo":"octo/hello"})");
  answer(404, R"({"message":"Not Found"})");
  EXPECT_THAT(say(R"({"op":"errand","errand":1})"), HasSubstr(R"("class":"denied")"));
}

TEST_F(Polling, TheCheckLooksAtTokenClockAndHooks) {
  host.set_list("repositories", {"octo/hello"});
  begin();
  answer(304, "");
  say(R"({"op":"check"})");
  while (asked().url != "https://api.github.com/rate_limit") answer(304, "");
  answer(200, "{}", {{"X-OAuth-Scopes", "repo"}});
  while (asked().url.find("/hooks") == std::string::npos) answer(304, "");
  answer(200, R"([{"id":7,"active":false,"config":{"url":"https://me.example/webhook"}}])");
  const std::string told = say(R"({"op":"errand","errand":1})");
  EXPECT_THAT(told, HasSubstr("scopes: repo"));
  EXPECT_THAT(told, HasSubstr("hook 7 is switched off"));
}

TEST_F(Polling, MessagesThatAreWrongAreRefused) {
  begin();
  for (const char* message :
       {"[]", "{}", R"({"op":"dance"})", R"({"op":"watch"})", R"({"op":"watch","repo":"octo"})",
        R"({"op":"follow","repo":"octo/hello","lease_s":60})",
        R"({"op":"follow","repo":"octo/hello","run":1})",
        R"({"op":"follow","repo":"octo/hello","sha":"c9a1","lease_s":60})",
        R"({"op":"follow","repo":"octo/hello","run":1,"pull":2,"lease_s":60})",
        R"({"op":"errand","errand":9})"})
    say(message, BUS_INVALID);
}

TEST(PollingSettings, WrongOnesAreRefused) {
  const std::pair<const char*, const char*> wrong[] = {{"api", "api.github.com"},
                                                       {"api", "http://127.evil.example"},
                                                       {"api", "http://ghe.example/api/v3"},
                                                       {"poll_every", "1"},
                                                       {"reserve_percent", "100"}};
  for (const auto& [name, value] : wrong) {
    FakePluginHost host(bus_plugin_v1);
    for (const char* pause : {"poll_every", "poll_active", "poll_idle", "poll_check"})
      host.set(pause, "60000000");
    host.set(name, value);
    bus_error error{};
    error.size = sizeof error;
    EXPECT_EQ(bus_plugin_v1.create_source(host.table(), &error), nullptr) << name;
    EXPECT_EQ(error.code, BUS_INVALID);
    EXPECT_THAT(error.message, HasSubstr(name));
  }
}

}  // namespace
