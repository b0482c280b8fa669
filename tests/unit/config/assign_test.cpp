#include "core/config/assign.h"

#include <gtest/gtest.h>

#include "tests/unit/config/problems.h"

namespace bus::config {
namespace {

using ::testing::ElementsAre;

const Place kPlace{"flag"};

TEST(AssignText, ReadsEveryKind) {
  Settings s;
  std::vector<Problem> problems;
  const auto set = [&](std::string_view key, std::string_view text) {
    assign_text(s, *find_setting(key), text, Origin::flag, kPlace, problems);
  };
  set("http.listen", "127.0.0.1:0");
  set("http.workers", "4");
  set("http.header_timeout", "250ms");
  set("store.keep_bytes", "1GiB");
  set("store.prune_unread", "true");
  set("plugins.directories", "/a:/b:");
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(s.http.listen, "127.0.0.1:0");
  EXPECT_EQ(s.http.workers, 4);
  EXPECT_EQ(s.http.header_timeout, milliseconds(250));
  EXPECT_EQ(s.store.keep_bytes, 1u << 30);
  EXPECT_TRUE(s.store.prune_unread);
  EXPECT_THAT(s.plugins.directories, ElementsAre("/a", "/b"));
  EXPECT_EQ(s.origin("http.workers"), Origin::flag);
}

TEST(AssignText, LeavesTheFieldAloneWhenItDoesNotFit) {
  Settings s;
  std::vector<Problem> problems;
  const auto set = [&](std::string_view key, std::string_view text) {
    assign_text(s, *find_setting(key), text, Origin::environment, kPlace, problems);
  };
  set("http.workers", "many");
  set("http.workers", "0");
  set("store.prune_unread", "maybe");
  set("log.level", "loud");
  EXPECT_THAT(lines(problems),
              ElementsAre("flag: 'http.workers' must be an integer, not a string",
                          "flag: 'http.workers' must be from 1 to 1024",
                          "flag: 'store.prune_unread' must be true or false, not a string",
                          "flag: 'log.level' cannot be 'loud' (one of debug, info, warning, error, off)"));
  EXPECT_EQ(s.http.workers, 16);
  EXPECT_EQ(s.origin("http.workers"), Origin::builtin);
}

}  // namespace
}  // namespace bus::config
