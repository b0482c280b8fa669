#include "sources/pytest/text.h"

#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

TEST(FirstLine, PassesOverEmptyOnes) {
  EXPECT_EQ(first_line("\n  \n two \nthree"), "two");
  EXPECT_EQ(first_line(" \n"), "");
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

TEST(JsonSeconds, AreNumbers) {
  EXPECT_EQ(json_seconds(0), "0");
  EXPECT_EQ(json_seconds(1.5), "1.5");
  EXPECT_EQ(json_seconds(100), "100");
  EXPECT_EQ(json_seconds(0.000001), "0.000001");
  EXPECT_EQ(json_seconds(1e300), "1000000000");
}

}  // namespace
}  // namespace bus::pytest
