// The source through its C entry points.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "bus/plugin.h"
#include "tests/support/fake_plugin_host.h"
#include "tests/support/plugin_expressions.h"

namespace {

using bus::testing::FakePluginHost;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

bus_text text(const std::string& from) {
  return {from.data(), from.size()};
}

class WebhookPlugin : public ::testing::Test {
 protected:
  WebhookPlugin() {
    host.set_list("authentication", {"hmac", "standard", "bearer"});
    host.set("tolerance", "300000000");
    host.abilities.expr = bus::testing::plugin_expressions();
  }
  ~WebhookPlugin() override {
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
  std::int32_t send(const std::string& body, const std::map<std::string, std::string>& headers = {},
                    std::uint32_t route = 2) {
    std::vector<bus_header> list;
    list.reserve(headers.size());
    for (const auto& [name, value] : headers) list.push_back({text(name), text(value)});
    bus_webhook_request request{};
    request.size = sizeof request;
    request.route = route;
    request.path = text(path_), request.query = text(query_);
    request.headers = list.data();
    request.header_count = list.size();
    request.body = text(body);
    reply_ = {};
    reply_.size = sizeof reply_;
    return webhook_->on_request(source_->self, &request, &reply_, &error_);
  }

  std::string path_ = "/webhooks/webhook", query_ = "a=1";
  FakePluginHost host{bus_plugin_v1};
  const bus_source* source_ = nullptr;
  const bus_webhook* webhook_ = nullptr;
  bus_webhook_reply reply_{};
  bus_error error_{};
};

TEST_F(WebhookPlugin, OffersItsWaysIn) {
  host.set("signature_header", "X-Gitea-Signature");
  host.set("signature_hash", "sha512");
  host.set("signature_encoding", "base64");
  host.set("path", "/hooks/gitea");
  ASSERT_TRUE(create());
  ASSERT_EQ(webhook_->route_count, 3u);
  EXPECT_STREQ(webhook_->routes[0].path, "/hooks/gitea");
  EXPECT_STREQ(webhook_->routes[0].secret, "webhook");
  EXPECT_STREQ(webhook_->routes[0].header, "X-Gitea-Signature");
  EXPECT_EQ(webhook_->routes[0].hash, static_cast<std::uint32_t>(BUS_HASH_SHA512));
  EXPECT_EQ(webhook_->routes[0].encoding, static_cast<std::uint32_t>(BUS_ENCODING_BASE64));
  EXPECT_EQ(webhook_->routes[1].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_STANDARD_WEBHOOKS));
  EXPECT_EQ(webhook_->routes[1].tolerance_us, 300'000'000u);
  EXPECT_EQ(webhook_->routes[2].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_BEARER));
}

TEST_F(WebhookPlugin, WrongSettingsAreRefusedAtTheStart) {
  const auto refused = [this](const char* part) {
    EXPECT_FALSE(create());
    EXPECT_EQ(error_.code, BUS_INVALID);
    EXPECT_THAT(error_.message, HasSubstr(part));
  };
  host.set("subject", "body.");
  refused("subject: column 6");
  host.set("subject", "");
  host.set_list("authentication", {});
  refused("at least one scheme");
  host.set_list("authentication", {"hmac"});
  host.set("path", "hooks");
  refused("path must begin");
  host.set("path", "");
  host.set("tolerance", "1");
  refused("tolerance");
}

TEST_F(WebhookPlugin, WithoutExpressionsTheBodyIsTheEvent) {
  ASSERT_TRUE(create());
  ASSERT_EQ(send(" {\"a\":1}"), BUS_OK);
  ASSERT_THAT(host.events, SizeIs(1));
  EXPECT_EQ(host.events[0].type, "webhook");
  EXPECT_EQ(host.events[0].scope, "webhook");
  EXPECT_EQ(host.events[0].key, "");
  EXPECT_EQ(host.events[0].data, " {\"a\":1}");
  EXPECT_EQ(host.events[0].raw, "");
}

TEST_F(WebhookPlugin, WhatIsSignedHasAKey) {
  ASSERT_TRUE(create());
  ASSERT_EQ(send("{}", {}, 0), BUS_OK);
  ASSERT_EQ(send("{}", {{"Webhook-Id", "msg_1"}}, 1), BUS_OK);
  ASSERT_EQ(send("{}", {{"Webhook-Id", "msg_1"}}, 2), BUS_OK);
  EXPECT_THAT(host.events[0].key, StartsWith("webhook/body:"));
  EXPECT_EQ(host.events[1].key, "webhook/msg_1");
  EXPECT_EQ(host.events[2].key, "");
}

TEST_F(WebhookPlugin, ExpressionsFillTheFields) {
  host.set("type", "headers['x-event'] + ' Hook'");
  host.set("scope", "body.repo");
  host.set("subject", "body.number");
  host.set("key", "body.id");
  host.set("summary", "query.a + path + text");
  host.set("task", "{'t': body.number}");
  host.abilities.forms["{\"type\":\"task\",\"task\":{\"t\":42}}"] = {"task"};
  ASSERT_TRUE(create());
  const std::string body = R"({"repo":"octo/hello","number":42,"id":"k"})";
  ASSERT_EQ(send(body, {{"X-Event", "push"}, {"Authorization", "Bearer x"}}, 0), BUS_OK);
  ASSERT_THAT(host.events, SizeIs(1));
  EXPECT_EQ(host.events[0].type, "push_hook");
  EXPECT_EQ(host.events[0].scope, "octo/hello");
  EXPECT_EQ(host.events[0].key, "webhook/k");
  EXPECT_EQ(host.events[0].summary, "1/webhooks/webhook" + body);
  EXPECT_THAT(host.logged, IsEmpty());
}

TEST_F(WebhookPlugin, WhatGivesNothingIsLeftOutAndTheEventIsKept) {
  for (const char* field : {"type", "scope", "subject", "key", "summary", "time", "task"})
    host.set(field, "body.a.b");
  ASSERT_TRUE(create());
  ASSERT_EQ(send("{}", {}, 0), BUS_OK);
  ASSERT_THAT(host.events, SizeIs(1));
  EXPECT_EQ(host.events[0].type, "webhook");
  EXPECT_THAT(host.events[0].key, StartsWith("webhook/body:"));
  EXPECT_THAT(host.logged, SizeIs(7));
  EXPECT_THAT(host.logged[0], StartsWith("type: column"));
}

TEST_F(WebhookPlugin, ValuesOfTheWrongKindAreLeftOut) {
  host.set("type", "''");
  host.set("scope", "[]");
  host.set("time", "'soon'");
  host.set("task", "{'state': 'odd'}");
  host.set("summary", "null");
  ASSERT_TRUE(create());
  ASSERT_EQ(send("{}"), BUS_OK);
  EXPECT_EQ(host.events[0].type, "webhook");
  EXPECT_EQ(host.events[0].scope, "webhook");
  EXPECT_THAT(host.logged, ElementsAre("scope: its value is of the wrong kind",
                                       "time: its value is of the wrong kind", "task: it is no event"));
}

TEST_F(WebhookPlugin, AnEmptyKeyMeansNone) {
  host.set("key", "''");
  ASSERT_TRUE(create());
  ASSERT_EQ(send("{}", {}, 0), BUS_OK);
  EXPECT_EQ(host.events[0].key, "");
}

TEST_F(WebhookPlugin, ALongKeyIsNotCut) {
  host.set("key", "body");
  ASSERT_TRUE(create());
  ASSERT_EQ(send("\"" + std::string(2000, 'k') + "\""), BUS_OK);
  EXPECT_THAT(host.events[0].key, StartsWith("webhook/digest:"));
  EXPECT_LT(host.events[0].key.size(), 100u);
}

TEST_F(WebhookPlugin, OnlyWhatIsWantedIsTaken) {
  host.set("when", "body.wanted");
  ASSERT_TRUE(create());
  ASSERT_EQ(send(R"({"wanted":true})"), BUS_OK);
  EXPECT_THAT(host.events, SizeIs(1));
  for (const char* body : {R"({"wanted":false})", R"({"wanted":"true"})", R"({"wanted":null})", "{}", "x"}) {
    ASSERT_EQ(send(body), BUS_OK);
    EXPECT_EQ(reply_.status, 0);
  }
  EXPECT_THAT(host.events, SizeIs(1));
}

TEST_F(WebhookPlugin, ABodyThatIsNoJsonIsKeptAsItIs) {
  host.set("subject", "has(body.a) ? body.a : ''");
  host.set("scope", "text");
  host.set("summary", "path");
  ASSERT_TRUE(create());
  path_ = "/\xff";
  ASSERT_EQ(send("hello \xff"), BUS_OK);
  EXPECT_EQ(host.events[0].data, "");
  EXPECT_EQ(host.events[0].raw, "hello \xff");
  EXPECT_EQ(host.events[0].scope, "webhook");
  EXPECT_EQ(host.events[0].summary, "");
  ASSERT_EQ(send("a=1", {{"Content-Type", "application/x-www-form-urlencoded"}}), BUS_OK);
  EXPECT_EQ(host.events[1].data, "{\"a\":\"1\"}");
  EXPECT_EQ(host.events[1].raw, "a=1");
  EXPECT_EQ(host.events[1].scope, "a=1");
}

TEST_F(WebhookPlugin, WhatTheHostDoesNotTakeIsNotAnsweredAsTaken) {
  ASSERT_TRUE(create());
  host.answer = BUS_STOPPING;
  EXPECT_EQ(send("{}"), BUS_STOPPING);
  EXPECT_THAT(host.events, IsEmpty());
}

TEST_F(WebhookPlugin, StopIsSafeWithoutStartAndTwice) {
  source_ = bus_plugin_v1.create_source(host.table(), nullptr);
  ASSERT_NE(source_, nullptr);
  source_->stop(source_->self);
  source_->stop(source_->self);
}

}  // namespace
