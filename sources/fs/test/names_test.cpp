#include "sources/fs/names.h"

#include <gtest/gtest.h>

#include <random>

namespace bus::fs {
namespace {

using namespace std::string_literals;

TEST(Names, TextStaysAsItIs) {
  EXPECT_EQ(escape("src/a b.cpp"), "src/a b.cpp");
  EXPECT_EQ(escape("größe/日本/😀"), "größe/日本/😀");
  EXPECT_EQ(escape(""), "");
}

TEST(Names, BytesAndBackslashesAreEscaped) {
  EXPECT_EQ(escape("a\\b"), "a\\\\b");
  EXPECT_EQ(escape("\xff"), "\\xff");
  EXPECT_EQ(escape("caf\xe9.txt"), "caf\\xe9.txt");
  EXPECT_EQ(escape("\xc0\xaf"), "\\xc0\\xaf");                    // longer than it has to be
  EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(escape("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // behind the last character
  EXPECT_EQ(escape("\xe6\x97"), "\\xe6\\x97");                    // cut
  EXPECT_EQ(escape("\\xff"), "\\\\xff");                          // not to be taken for the byte
}

TEST(Names, UnescapeIsTheOtherWay) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string name(random() % 12, ' ');
    for (char& c : name) c = static_cast<char>(random() % 5 == 0 ? '\\' : random() % 256);
    const std::string text = escape(name);
    const auto back = unescape(text);
    ASSERT_TRUE(back.has_value()) << text;
    ASSERT_EQ(*back, name);
  }
}

TEST(Names, WhatEscapeDoesNotGiveIsRefused) {
  for (const char* text : {"\\", "a\\q", "\\x4", "\\xg0", "\\xFF", "\\x61", "\xff", "\\xc3\\xa9"}) {
    EXPECT_FALSE(unescape(text).has_value()) << text;
  }
}

TEST(Names, ClipCutsBetweenCharacters) {
  EXPECT_EQ(clip("abc", 3), "abc");
  EXPECT_EQ(clip("abc", 2), "ab");
  EXPECT_EQ(clip("aé", 2), "a");
  EXPECT_EQ(clip("😀", 3), "");
}

}  // namespace
}  // namespace bus::fs
