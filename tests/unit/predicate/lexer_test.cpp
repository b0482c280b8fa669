#include "core/predicate/lexer.h"

#include <gtest/gtest.h>

namespace bus::predicate {
namespace {

std::string kinds(std::string_view source) {
  const auto lexemes = lex(source);
  if (!lexemes) return lexemes.error().message;
  std::string out;
  for (const Lexeme& lexeme : *lexemes) out += "eiqnuftbs"[static_cast<int>(lexeme.token)];
  return out;
}

TEST(Lexer, TellsTheTokensApart) {
  EXPECT_EQ(kinds("a + 1 - 2u * 3.0 'x' b'y' .`q r`"), "isnsusftbsqe");
  EXPECT_EQ(kinds("rb'x' Br\"y\" b u"), "bbiie");
  EXPECT_EQ(kinds("// all of this is a comment\n1"), "ne");
  EXPECT_EQ(kinds(""), "e");
}

TEST(Lexer, KnowsWhereTextEnds) {
  const auto lexemes = lex(R"('a\'b' """c"d""" r'\')");
  ASSERT_TRUE(lexemes);
  EXPECT_EQ((*lexemes)[0].value, "a'b");
  EXPECT_EQ((*lexemes)[1].value, "c\"d");
  EXPECT_EQ((*lexemes)[2].value, "\\");
}

TEST(Lexer, RefusesTextWithoutEnd) {
  for (const char* source : {"'", "'a\\", "b\"\\", "\"\"\"a\"\"", "'a\nb'", "r'\\", "`a"}) {
    EXPECT_FALSE(lex(source)) << source;
  }
}

TEST(Lexer, JoinsSurrogatesAndRefusesLoneOnes) {
  EXPECT_EQ(lex(R"('\ud83d\ude00')")->at(0).value, "\U0001F600");
  EXPECT_FALSE(lex(R"('\ud83d')"));
  EXPECT_FALSE(lex(R"('\U00110000')"));
}

TEST(Lexer, RefusesWhatIsNoUtf8) {
  EXPECT_FALSE(lex("'\xff'"));
}

}  // namespace
}  // namespace bus::predicate
