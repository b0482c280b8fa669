#include "core/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus {
namespace {

using ::testing::ElementsAre;

TEST(Utf8, KnowsGoodFromBad) {
  EXPECT_TRUE(is_utf8("plain, é, 日本, 😀"));
  for (const char* bad : {"\x80", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << hex(bad);
  }
}

TEST(Utf8, RepairsWithReplacementCharacters) {
  EXPECT_EQ(to_utf8("a\xFF\xC3\xA9"), "a\xEF\xBF\xBD\xC3\xA9");
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(cut_utf8("aé", 2), "a");
  EXPECT_EQ(cut_utf8("aé", 3), "aé");
}

TEST(Printable, LeavesNothingATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m"), "red");
  EXPECT_EQ(printable("\x1b]0;title\x07text"), "text");
  EXPECT_EQ(printable("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"), "link");
  EXPECT_EQ(printable("\x1bPq#\x1b\\ok"), "ok");
  EXPECT_EQ(printable("a\tb\nc\rd\x07"), "a b cd");
  EXPECT_EQ(printable("a\u202eb\u200bc\ufeffd\u2066e"), "abcde");
  EXPECT_EQ(printable("a\u0085b\u2028c"), "a b c");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31mx"),
            "31mx")
      << "the C1 introducer itself is gone";
  EXPECT_EQ(printable("\x1b"), "");
  EXPECT_EQ(printable("\x1b[12"), "");
  EXPECT_EQ(printable("日本 é"), "日本 é");
}

TEST(Printable, LinesStayLinesWhereAsked) {
  EXPECT_EQ(printable_lines("a\n\tb\x1b[K"), "a\n\tb");
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::string_view words[] = {"emit", "events", "wait", "status"};
  EXPECT_EQ(nearest("evnts", words), "events");
  EXPECT_EQ(nearest("wiat", words), "wait");
  EXPECT_EQ(nearest("zebra", words), "");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
}

TEST(Trim, TakesSpaceOffBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
}

}  // namespace
}  // namespace bus
