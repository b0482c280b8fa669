// The source through its C entry points.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "bus/plugin.h"
#include "tests/support/fake_plugin_host.h"

namespace {

using bus::testing::FakePluginHost;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

class AlertmanagerPlugin : public ::testing::Test {
 protected:
  AlertmanagerPlugin() {
    host.set_list("authentication", {"bearer"});
    host.set("watchdog_silence", "600000000");
  }
  ~AlertmanagerPlugin() override { end(); }
  void end() {
    if (source_ == nullptr) return;
    source_->stop(source_->self);
    source_->destroy(source_->self);
    source_ = nullptr;
    host.abilities.timers.clear();
  }
  bool create() {
    error_.size = sizeof error_;
    source_ = bus_plugin_v1.create_source(host.table(), &error_);
    if (source_ == nullptr) return false;
    webhook_ = static_cast<const bus_webhook*>(source_->get_extension(source_->self, BUS_EXT_WEBHOOK));
    return webhook_ != nullptr && source_->start(source_->self, &error_) == BUS_OK;
  }
  std::int32_t send(const std::string& body) {
    bus_webhook_request request{};
    request.size = sizeof request;
    request.body = {body.data(), body.size()};
    reply_ = {};
    reply_.size = sizeof reply_;
    return webhook_->on_request(source_->self, &request, &reply_, &error_);
  }
  // A notification with one alert.
  static std::string alert(const std::string& name, const std::string& status = "firing") {
    return R"({"version":"4","alerts":[{"status":")" + status + R"(","labels":{"alertname":")" + name +
           R"("},"startsAt":"2026-11-20T08:00:00Z","endsAt":"2026-11-20T09:00:00Z","fingerprint":"f1"}]})";
  }
  // The only timer that is armed.
  void fire() {
    ASSERT_THAT(host.abilities.timers, SizeIs(1));
    host.abilities.fire(host.abilities.timers.begin()->first);
  }
  std::uint64_t delay() const { return host.abilities.timers.begin()->second.delay_us; }

  FakePluginHost host{bus_plugin_v1};
  const bus_source* source_ = nullptr;
  const bus_webhook* webhook_ = nullptr;
  bus_webhook_reply reply_{};
  bus_error error_{};
};

TEST_F(AlertmanagerPlugin, RunsOnlyWhereItIsConfigured) {
  EXPECT_STREQ(bus_plugin_v1.options[0].name, "authentication");
  EXPECT_EQ(bus_plugin_v1.options[0].flags, static_cast<std::uint32_t>(BUS_OPT_REQUIRED));
}

TEST_F(AlertmanagerPlugin, OffersARowForEachAuthentication) {
  host.set_list("authentication", {"bearer", "basic=people", "header", "hmac"});
  host.set("token_header", "X-Token");
  ASSERT_TRUE(create());
  ASSERT_EQ(webhook_->route_count, 4u);
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_STREQ(webhook_->routes[i].path, "/webhooks/alertmanager");
    EXPECT_STREQ(webhook_->routes[i].methods, "POST");
    EXPECT_STREQ(webhook_->routes[i].secret, i == 1 ? "people" : "alertmanager");
  }
  EXPECT_EQ(webhook_->routes[0].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_BEARER));
  EXPECT_EQ(webhook_->routes[1].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_BASIC));
  EXPECT_STREQ(webhook_->routes[2].header, "X-Token");
  EXPECT_STREQ(webhook_->routes[3].header, "X-Hub-Signature-256");
  EXPECT_STREQ(webhook_->routes[3].prefix, "sha256=");
}

TEST_F(AlertmanagerPlugin, WrongSettingsAreRefused) {
  const auto refused = [this](const char* part) {
    EXPECT_FALSE(create());
    EXPECT_EQ(error_.code, BUS_INVALID);
    EXPECT_THAT(error_.message, HasSubstr(part));
  };
  host.set_list("authentication", {"magic"});
  refused("knows no 'magic'");
  host.set_list("authentication", {});
  refused("at least one scheme");
  host.set_list("authentication", {"header"});
  refused("needs the name of a header");
  host.set_list("authentication", {"bearer"});
  host.set("path", "alerts");
  refused("path must begin");
  host.set("path", "/alerts");
  host.set_list("watchdogs", {"W{a}"});
  refused("'W{a}' is not name");
  host.set_list("watchdogs", {"W", " W"});
  refused("twice");
}

TEST_F(AlertmanagerPlugin, PostsAnEventForEachAlert) {
  ASSERT_TRUE(create());
  EXPECT_EQ(send(alert("DiskFull")), BUS_OK);
  EXPECT_EQ(reply_.status, 0);
  ASSERT_THAT(host.events, SizeIs(1));
  EXPECT_EQ(host.events[0].type, "prometheus_alert");
  EXPECT_EQ(host.events[0].key, "f1/2026-11-20T08:00:00Z/firing");
  EXPECT_THAT(host.abilities.timers, IsEmpty());
}

TEST_F(AlertmanagerPlugin, ARefusalIsAnAnswerWithACode) {
  ASSERT_TRUE(create());
  EXPECT_EQ(send("{}"), BUS_OK);
  EXPECT_EQ(reply_.status, 400);
  EXPECT_THAT(std::string(reply_.body.ptr, reply_.body.len), HasSubstr("bad_version"));
  EXPECT_EQ(send(R"({"version":"4","alerts":[]})"), BUS_OK);
  EXPECT_EQ(reply_.status, 0);
  EXPECT_THAT(host.events, IsEmpty());
}

TEST_F(AlertmanagerPlugin, AWatchdogThatIsHeardIsOneOccurrence) {
  host.set_list("watchdogs", {"Watchdog"});
  ASSERT_TRUE(create());
  EXPECT_EQ(delay(), 600'000'000u);
  host.now_us += 400'000'000;
  ASSERT_EQ(send(alert("Watchdog")), BUS_OK);
  EXPECT_EQ(delay(), 600'000'000u);
  host.now_us += 300'000'000;
  ASSERT_EQ(send(alert("Watchdog")), BUS_OK);
  ASSERT_THAT(host.events, SizeIs(2));
  EXPECT_EQ(host.events[0].type, "prometheus_watchdog");
  EXPECT_EQ(host.events[0].key, "alertmanager/watchdog/Watchdog/1000000/firing");
  EXPECT_EQ(host.events[1].key, host.events[0].key);
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_OK);
}

TEST_F(AlertmanagerPlugin, SilenceIsToldOnceAndSoIsItsEnd) {
  host.set_list("watchdogs", {"Watchdog"});
  ASSERT_TRUE(create());
  ASSERT_EQ(send(alert("Watchdog")), BUS_OK);
  host.now_us += 600'000'000;
  fire();
  ASSERT_THAT(host.events, SizeIs(2));
  EXPECT_EQ(host.events[1].key, "alertmanager/watchdog/Watchdog/1000000/silent");
  EXPECT_THAT(host.events[1].summary, HasSubstr("silent"));
  EXPECT_THAT(host.reports.back(), Pair(BUS_HEALTH_DEGRADED, "not heard: Watchdog"));
  EXPECT_THAT(host.abilities.timers, IsEmpty());
  ASSERT_EQ(send(alert("Watchdog")), BUS_OK);
  EXPECT_EQ(host.events[2].key, "alertmanager/watchdog/Watchdog/601000000/firing");
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_OK);
  EXPECT_THAT(host.abilities.timers, SizeIs(1));
}

TEST_F(AlertmanagerPlugin, AWatchdogThatDoesNotFireAnyMoreIsLost) {
  host.set_list("watchdogs", {"Watchdog", "Other"});
  ASSERT_TRUE(create());
  ASSERT_EQ(send(alert("Watchdog", "resolved")), BUS_OK);
  EXPECT_THAT(host.events[0].key, HasSubstr("/resolved"));
  EXPECT_THAT(host.reports.back(), Pair(BUS_HEALTH_DEGRADED, "not heard: Watchdog"));
  EXPECT_THAT(host.abilities.timers, SizeIs(1));  // for the other one
}

TEST_F(AlertmanagerPlugin, SilenceSurvivesARestart) {
  host.set_list("watchdogs", {"Watchdog"});
  ASSERT_TRUE(create());
  host.now_us += 600'000'000;
  fire();
  end();
  host.now_us += 1'000'000;
  ASSERT_TRUE(create());
  EXPECT_THAT(host.reports.back(), Pair(BUS_HEALTH_DEGRADED, "not heard: Watchdog"));
  EXPECT_THAT(host.abilities.timers, IsEmpty());
  EXPECT_THAT(host.events, SizeIs(1));
}

TEST_F(AlertmanagerPlugin, TheTimeThatIsLeftSurvivesARestart) {
  host.set_list("watchdogs", {"Watchdog"});
  ASSERT_TRUE(create());
  end();
  host.now_us += 400'000'000;
  ASSERT_TRUE(create());
  EXPECT_EQ(delay(), 200'000'000u);
}

TEST_F(AlertmanagerPlugin, SilenceThatIsNotStoredIsToldAgain) {
  host.set_list("watchdogs", {"Watchdog"});
  ASSERT_TRUE(create());
  host.now_us += 600'000'000;
  host.answer = BUS_UNAVAILABLE;
  fire();
  EXPECT_THAT(host.events, IsEmpty());
  host.answer = BUS_OK;
  fire();
  ASSERT_THAT(host.events, SizeIs(1));
  EXPECT_THAT(host.events[0].key, StartsWith("alertmanager/watchdog/Watchdog/1000000/"));
}

TEST_F(AlertmanagerPlugin, WhatTheHostDoesNotTakeWasNotHeard) {
  host.set_list("watchdogs", {"Watchdog"});
  ASSERT_TRUE(create());
  host.now_us += 600'000'000;
  fire();
  host.answer = BUS_STOPPING;
  EXPECT_EQ(send(alert("Watchdog")), BUS_STOPPING);
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_DEGRADED);
}

TEST_F(AlertmanagerPlugin, StopIsSafeWithoutStartAndTwice) {
  source_ = bus_plugin_v1.create_source(host.table(), nullptr);
  ASSERT_NE(source_, nullptr);
  source_->stop(source_->self);
  source_->stop(source_->self);
}

}  // namespace
