#include "sources/github/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/github/hook_check.h"

namespace bus::github {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kHooks = R"([
  {"id": 1, "active": true, "events": ["push", "workflow_run"],
   "config": {"url": "https://me.example/webhook?x=1", "content_type": "json", "secret": "********", "insecure_ssl": "0"},
   "last_response": {"code": 200, "status": "active", "message": "OK"}},
  {"id": 2, "active": true, "events": ["*"], "config": {"url": "https://chat.example/hooks/7"}},
  {"odd": true}, 7])";

TEST(Hooks, OursAreKnownByTheirPath) {
  const auto hooks = read_hooks(kHooks);
  ASSERT_TRUE(hooks);
  EXPECT_THAT(*hooks, SizeIs(2));
  const auto ours = ours_of(*hooks, {"/webhook", "/webhooks/github"});
  EXPECT_THAT(ours, ElementsAre(Field(&Hook::id, 1u)));
  EXPECT_TRUE(ours[0].tells("workflow_run"));
  EXPECT_FALSE(ours[0].tells("status"));
  EXPECT_FALSE(read_hooks("{}"));
  EXPECT_FALSE(read_hooks("["));
}

TEST(Hooks, WhatIsWrongWithOneIsSaid) {
  const std::vector<std::string> paths = {"/webhook"};
  Hook hook = (*read_hooks(kHooks))[0];
  EXPECT_EQ(judge_hooks("o/r", {hook}, paths).verdict, "ok");
  EXPECT_EQ(judge_hooks("o/r", {}, paths).verdict, "ok");
  hook.last_status = 502;
  EXPECT_THAT(judge_hooks("o/r", {hook}, paths).hint, HasSubstr("redeliver"));
  hook.has_secret = false;
  EXPECT_EQ(judge_hooks("o/r", {hook}, paths).verdict, "fail");
  hook.active = false;
  EXPECT_EQ(judge_hooks("o/r", {hook}, paths).verdict, "warn");
}

TEST(Token, ItsScopesAreTold) {
  EXPECT_EQ(judge_token("gh", "gist, repo").verdict, "ok");
  EXPECT_EQ(judge_token("gh", "gist").verdict, "warn");
  EXPECT_EQ(judge_token("GH_TOKEN", "").verdict, "ok");
  EXPECT_EQ(judge_token("none", "").verdict, "warn");
  EXPECT_EQ(judge_skew(-3'600'000'000).verdict, "warn");
  EXPECT_EQ(judge_skew(2'000'000).verdict, "ok");
}

TEST(Deliveries, OnesThatNeverGotThroughAreAskedForByTheirLatestTry) {
  const auto all = read_deliveries(R"([
    {"id": 14, "guid": "c", "delivered_at": "2026-11-20T08:04:00Z", "status": "OK", "status_code": 202},
    {"id": 13, "guid": "b", "delivered_at": "2026-11-20T08:03:00Z", "status": "timed out", "status_code": 0},
    {"id": 12, "guid": "a", "delivered_at": "2026-11-20T08:02:00Z", "status": "OK", "status_code": 202},
    {"id": 11, "guid": "b", "delivered_at": "2026-11-20T08:01:00Z", "status": "Bad Gateway", "status_code": 502},
    {"id": 10, "guid": "a", "delivered_at": "2026-11-20T08:00:00Z", "status": "Bad Gateway", "status_code": 502},
    {"id": 9, "guid": "d", "delivered_at": "2026-11-20T07:00:00Z", "status": "", "status_code": 500}])");
  ASSERT_TRUE(all);
  EXPECT_THAT(never_taken(*all), ElementsAre(Field(&Delivered::id, 9u), Field(&Delivered::id, 13u)));
}

}  // namespace
}  // namespace bus::github
