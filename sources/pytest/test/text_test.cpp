#include "sources/pytest/text.h"

#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

TEST(Clip, CutsBetweenCharactersAndAtNul) {
  EXPECT_EQ(clip("abc", 2), "ab");
  EXPECT_EQ(clip("aé", 2), "a");
  EXPECT_EQ(clip(std::string_view("a\0b", 3)), "a");
  EXPECT_EQ(clip("", 2), "");
}

TEST(FirstLine, PassesOverEmptyOnes) {
  EXPECT_EQ(first_line("\n  \n two \nthree"), "two");
  EXPECT_EQ(first_line(" \n"), "");
}

TEST(Digest, TellsTextsApart) {
  EXPECT_EQ(digest("a").size(), 16u);
  EXPECT_EQ(digest("a"), digest("a"));
  EXPECT_NE(digest("a"), digest("b"));
}

TEST(ExcerptTest, KeepsAShortTextWhole) {
  Excerpt excerpt;
  excerpt.add("one ");
  excerpt.add("two");
  EXPECT_EQ(excerpt.text(), "one two");
}

TEST(ExcerptTest, KeepsBeginningAndEndOfALongOne) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{999}, std::size_t{1} << 20}) {
    Excerpt excerpt;
    const std::string whole = "begin" + std::string(300'000, 'x') + "end";
    for (std::size_t at = 0; at < whole.size(); at += piece)
      excerpt.add(std::string_view(whole).substr(at, piece));
    const std::string text = excerpt.text();
    EXPECT_LE(text.size(), kMaxExcerpt + 64);
    EXPECT_TRUE(text.starts_with("beginxxx"));
    EXPECT_TRUE(text.ends_with("xxxend"));
    EXPECT_NE(text.find("[… " + std::to_string(whole.size() - kMaxExcerpt) + " bytes left out …]"),
              std::string::npos);
  }
}

TEST(ExcerptTest, NeverCutsACharacter) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    Excerpt excerpt;
    excerpt.add(std::string(shift, 'x'));
    for (int i = 0; i < 20'000; ++i) excerpt.add("日");
    std::string text = excerpt.text();
    const std::size_t mark = text.find("\n[…");
    ASSERT_NE(mark, std::string::npos);
    EXPECT_EQ((mark - shift) % 3, 0u);
    EXPECT_EQ((text.size() - text.find("…]\n") - 5) % 3, 0u);
  }
}

TEST(JsonObjectTest, LeavesOutWhatIsEmpty) {
  JsonObject out;
  out.text("a", "")
      .text("b", "x\"\\\n\x01")
      .number("c", 0)
      .seconds("d", 1.5)
      .flag("e", false)
      .flag("f", true);
  out.raw("g", "").raw("h", "[]");
  EXPECT_EQ(out.done(), R"({"b":"x\"\\\n\u0001","c":0,"d":1.5,"f":true,"h":[]})");
  EXPECT_EQ(JsonObject().done(), "{}");
}

TEST(JsonObjectTest, WritesSecondsAsJsonNumbers) {
  JsonObject out;
  out.seconds("a", 0).seconds("b", 100).seconds("c", 0.000001).seconds("d", 1e300);
  EXPECT_EQ(out.done(), R"({"a":0,"b":100,"c":0.000001,"d":1000000000})");
}

}  // namespace
}  // namespace bus::pytest
