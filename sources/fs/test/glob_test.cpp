#include "sources/fs/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace bus::fs {
namespace {

struct Row {
  const char* pattern;
  const char* text;
  bool match;
};

TEST(Glob, MatchesAsWildmatchDoes) {
  constexpr Row kRows[] = {
      {"foo", "foo", true},
      {"foo", "bar", false},
      {"", "", true},
      {"???", "foo", true},
      {"??", "foo", false},
      {"*", "foo", true},
      {"f*", "foo", true},
      {"*f", "foo", false},
      {"*foo*", "foo", true},
      {"*ob*a*r*", "foobar", true},
      {"*ab", "aaaaaaabababab", true},
      {"foo\\*", "foo*", true},
      {"foo\\*bar", "foobar", false},
      {"f\\\\oo", "f\\oo", true},
      {"*[al]?", "ball", true},
      {"[ten]", "ten", false},
      {"**[!te]", "ten", true},
      {"**[!ten]", "ten", false},
      {"t[a-g]n", "ten", true},
      {"t[!a-g]n", "ten", false},
      {"t[^a-g]n", "ton", true},
      {"a[]]b", "a]b", true},
      {"a[]-]b", "a-b", true},
      {"a[]a-]b", "aab", true},
      {"]", "]", true},
      {"foo*bar", "foo/baz/bar", false},
      {"foo**bar", "foo/baz/bar", false},
      {"foo/**/bar", "foo/baz/bar", true},
      {"foo/**/**/bar", "foo/baz/bar", true},
      {"foo/**/bar", "foo/b/a/z/bar", true},
      {"foo/**/bar", "foo/bar", true},
      {"foo/**/**/bar", "foo/bar", true},
      {"foo?bar", "foo/bar", false},
      {"foo[/]bar", "foo/bar", false},
      {"foo[^a-z]bar", "foo/bar", false},
      {"f[^eiu][^eiu][^eiu][^eiu][^eiu]r", "foo/bar", false},
      {"**/foo", "foo", true},
      {"**/foo", "XXX/foo", true},
      {"**/foo", "bar/baz/foo", true},
      {"*/foo", "bar/baz/foo", false},
      {"**/bar*", "foo/bar/baz", false},
      {"**/bar/*", "deep/foo/bar/baz", true},
      {"**/bar/*", "deep/foo/bar", false},
      {"**/bar/**", "deep/foo/bar/baz", true},
      {"**/bar**", "foo/bar/baz", false},
      {"*/bar/**", "foo/bar/baz/x", true},
      {"*/bar/**", "deep/foo/bar/baz/x", false},
      {"**/bar/*/*", "deep/foo/bar/baz/x", true},
      {"[[:alpha:]][[:digit:]][[:upper:]]", "a1B", true},
      {"[[:digit:][:upper:][:space:]]", "a", false},
      {"[[:digit:][:upper:][:spaci:]]", "1", false},
      {"[[:xdigit:]]", "f", true},
      {"[a-c[:digit:]x-z]", "5", true},
      {"[a-c[:digit:]x-z]", "q", false},
      {"[\\-^]", "]", false},
      {"[\\-_]", "-", true},
      {"[\\]]", "]", true},
      {"a[]b", "ab", false},
      {"[!", "ab", false},
      {"[-", "ab", false},
      {"[-]", "-", true},
      {"[a-", "-", false},
      {"[--A]", "5", true},
      {"[ --]", " ", true},
      {"[,-.]", "-", true},
      {"[\\1-\\3]", "2", true},
      {"[[-\\]]", "\\", true},
      {"[a[:]b]", "a", false},
      {"\\", "\\", false},
      {"-*-*-*-*-*-*-12-*-*-*-m-*-*-*", "-adobe-courier-bold-o-normal--12-120-75-75-m-70-iso8859-1", true},
      {"-*-*-*-*-*-*-12-*-*-*-m-*-*-*", "-adobe-courier-bold-o-normal--12-120-75-75-X-70-iso8859-1", false},
      {"**/*a*b*g*n*t", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txt", true},
      {"**/*a*b*g*n*t", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txtz", false},
      {"*/*/*", "foo/bb/aa/rr", false},
      {"**/**/**", "foo/bb/aa/rr", true},
      {"*/*/*", "foo/bba/arr", true},
      {"**", "a/b", true},
      {"a/**", "a/b/c", true},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(Glob(row.pattern).matches(row.text), row.match) << row.pattern << " on " << row.text;
  }
}

TEST(Glob, StarsInARowDoNotBlowUp) {
  std::string pattern, text(300, 'a');
  for (int i = 0; i < 60; ++i) pattern += "*a";
  EXPECT_FALSE(Glob(pattern + "*b").matches(text));
  EXPECT_TRUE(Glob(pattern + "*").matches(text));
  std::string deep, path;
  for (int i = 0; i < 60; ++i) deep += "**/*a", path += "aa/";
  EXPECT_FALSE(Glob(deep + "/b").matches(path));
}

TEST(Glob, LiteralPrefixEndsAtTheFirstSpecialByte) {
  EXPECT_EQ(Glob::literal_prefix("abc"), 3u);
  EXPECT_EQ(Glob::literal_prefix("ab*"), 2u);
  EXPECT_EQ(Glob::literal_prefix("a\\b"), 1u);
  EXPECT_EQ(Glob::literal_prefix("[a]"), 0u);
}

}  // namespace
}  // namespace bus::fs
