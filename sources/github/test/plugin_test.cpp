// The source through its C entry points.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
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

bus_text text(const std::string& from) {
  return {from.data(), from.size()};
}

class GithubPlugin : public ::testing::Test {
 protected:
  GithubPlugin() {
    for (const char* pause : {"poll_every", "poll_active", "poll_idle", "poll_check", "stall_after"})
      host.set(pause, "60000000");  // the fake host does not read units
  }
  ~GithubPlugin() override {
    if (source_ == nullptr) return;
    source_->stop(source_->self);
    source_->destroy(source_->self);
  }
  bool create() {
    error_.size = sizeof error_;
    source_ = bus_plugin_v1.create_source(host.table(), &error_);
    if (source_ == nullptr) return false;
    webhook_ = static_cast<const bus_webhook*>(source_->get_extension(source_->self, BUS_EXT_WEBHOOK));
    return webhook_ != nullptr && source_->start(source_->self, &error_) == BUS_OK;
  }
  std::int32_t request(const std::map<std::string, std::string>& headers, const std::string& body) {
    std::vector<bus_header> list;
    list.reserve(headers.size());
    for (const auto& [name, value] : headers) list.push_back({text(name), text(value)});
    bus_webhook_request request{};
    request.size = sizeof request;
    request.headers = list.data();
    request.header_count = list.size();
    request.body = text(body);
    reply_ = {};
    reply_.size = sizeof reply_;
    return webhook_->on_request(source_->self, &request, &reply_, &error_);
  }
  std::string reply_body() const { return std::string(reply_.body.ptr, reply_.body.len); }

  FakePluginHost host{bus_plugin_v1};
  const bus_source* source_ = nullptr;
  const bus_webhook* webhook_ = nullptr;
  bus_webhook_reply reply_{};
  bus_error error_{};
};

TEST_F(GithubPlugin, SaysWhatItIs) {
  EXPECT_STREQ(bus_plugin_v1.name, "github");
  EXPECT_EQ(bus_plugin_v1.role, static_cast<std::uint32_t>(BUS_ROLE_SOURCE));
  ASSERT_EQ(bus_plugin_v1.event_type_count, 1u);
  EXPECT_STREQ(bus_plugin_v1.event_types[0], "*");
}

TEST_F(GithubPlugin, OffersItsRoutesSigned) {
  ASSERT_TRUE(create());
  ASSERT_EQ(webhook_->route_count, 2u);
  EXPECT_STREQ(webhook_->routes[0].path, "/webhook");
  EXPECT_STREQ(webhook_->routes[1].path, "/webhooks/github");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(webhook_->routes[i].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_GITHUB_SHA256));
    EXPECT_STREQ(webhook_->routes[i].secret, "github");
    EXPECT_STREQ(webhook_->routes[i].methods, "POST");
    EXPECT_EQ(webhook_->routes[i].body_cap, 25u * 1024 * 1024);
  }
}

TEST_F(GithubPlugin, TakesOtherPathsAndAnotherSecret) {
  host.set_list("paths", {"/hooks/gh"});
  host.set("secret", "work");
  ASSERT_TRUE(create());
  ASSERT_EQ(webhook_->route_count, 1u);
  EXPECT_STREQ(webhook_->routes[0].path, "/hooks/gh");
  EXPECT_STREQ(webhook_->routes[0].secret, "work");
}

TEST_F(GithubPlugin, WrongSettingsAreRefused) {
  host.set_list("paths", {"hooks"});
  EXPECT_FALSE(create());
  EXPECT_EQ(error_.code, BUS_INVALID);
  host.set_list("paths", {"/hooks"});
  host.set("secret", "");
  EXPECT_FALSE(create());
  EXPECT_THAT(error_.message, HasSubstr("secret"));
}

TEST_F(GithubPlugin, PostsTheBodyByteForByte) {
  ASSERT_TRUE(create());
  const std::string body = "{ \"action\" : \"opened\",\n \"issue\": {\"number\": 1} }";
  EXPECT_EQ(request({{"x-github-EVENT", "issues"}, {"X-GitHub-Delivery", "d-1"}}, body), BUS_OK);
  EXPECT_EQ(reply_.status, 0);
  ASSERT_EQ(host.events.size(), 1u);
  EXPECT_EQ(host.events[0].type, "issues");
  EXPECT_EQ(host.events[0].key, "d-1");
  EXPECT_EQ(host.events[0].data, body);
  EXPECT_THAT(host.reports, IsEmpty());
}

TEST_F(GithubPlugin, APingIsHealth) {
  ASSERT_TRUE(create());
  EXPECT_EQ(request({{"X-GitHub-Event", "ping"}, {"X-GitHub-Delivery", "d-1"}}, R"({"zen":"Keep it."})"),
            BUS_OK);
  EXPECT_THAT(host.reports, ElementsAre(Pair(BUS_HEALTH_OK, "ping received")));
  ASSERT_EQ(host.events.size(), 1u);
  EXPECT_EQ(host.events[0].type, "ping");
}

TEST_F(GithubPlugin, ARefusalIsAnAnswerWithACode) {
  ASSERT_TRUE(create());
  EXPECT_EQ(request({{"X-GitHub-Event", "push"}, {"X-GitHub-Delivery", "d-1"}}, "[1]"), BUS_OK);
  EXPECT_EQ(reply_.status, 400);
  EXPECT_EQ(reply_body(), R"({"error":{"code":"bad_json","message":"the body is not a JSON object"}})");
  EXPECT_EQ(request({{"X-GitHub-Event", "push"}}, "{}"), BUS_OK);
  EXPECT_EQ(reply_.status, 400);
  EXPECT_THAT(reply_body(), HasSubstr("\"missing_delivery\""));
  EXPECT_THAT(host.events, IsEmpty());
}

TEST_F(GithubPlugin, WhatTheHostDoesNotTakeIsNotAnsweredAsTaken) {
  ASSERT_TRUE(create());
  host.answer = BUS_STOPPING;
  EXPECT_EQ(request({{"X-GitHub-Event", "ping"}, {"X-GitHub-Delivery", "d-1"}}, "{}"), BUS_STOPPING);
  EXPECT_THAT(host.reports, IsEmpty());
}

TEST_F(GithubPlugin, ALargeBodyIsTakenToo) {
  ASSERT_TRUE(create());
  const std::string body = R"({"action":"opened","filler":")" + std::string(2u << 20, 'x') + R"("})";
  EXPECT_EQ(request({{"X-GitHub-Event", "issues"}, {"X-GitHub-Delivery", "d-1"}}, body), BUS_OK);
  ASSERT_EQ(host.events.size(), 1u);
  EXPECT_EQ(host.events[0].data.size(), body.size());
}

TEST_F(GithubPlugin, StopIsSafeWithoutStartAndTwice) {
  source_ = bus_plugin_v1.create_source(host.table(), nullptr);
  ASSERT_NE(source_, nullptr);
  source_->stop(source_->self);
  source_->stop(source_->self);
}

}  // namespace
