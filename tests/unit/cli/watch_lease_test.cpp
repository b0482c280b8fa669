#include "core/cli/watch_lease.h"

#include <gtest/gtest.h>

namespace bus::cli {
namespace {

TEST(WatchLease, NamesAreEscapedAsTheSourceDoes) {
  EXPECT_EQ(escaped_name("src/a b"), "src/a b");
  EXPECT_EQ(escaped_name("größe/😀"), "größe/😀");
  EXPECT_EQ(escaped_name("a\\b"), "a\\\\b");
  EXPECT_EQ(escaped_name("caf\xe9.txt"), "caf\\xe9.txt");
  EXPECT_EQ(escaped_name("\xe6\x97"), "\\xe6\\x97");
  EXPECT_EQ(escaped_name("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

TEST(WatchLease, PathsAreShownAsTheyWereGiven) {
  WatchWish wish;
  wish.roots = {{".", "/home/u/hello"}, {"../docs/", "/home/u/docs"}, {"notes.md", "/home/u/x/notes.md"}};
  EXPECT_EQ(shown_path(wish, "/home/u/hello", "src/a.c"), "src/a.c");
  EXPECT_EQ(shown_path(wish, "/home/u/docs", "a.md"), "../docs/a.md");
  EXPECT_EQ(shown_path(wish, "/home/u/x", "notes.md"), "notes.md");
  EXPECT_EQ(shown_path(wish, "/srv", "b"), "/srv/b");
}

}  // namespace
}  // namespace bus::cli
