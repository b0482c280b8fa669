#include "sources/webhook/mapping.h"

#include <gtest/gtest.h>

namespace bus::webhook {
namespace {

class ValueReaderTest : public ::testing::Test {
 protected:
  ValueReader reader_;
  bool wrong_ = false;
};

TEST_F(ValueReaderTest, TextsAreStringsNumbersAndBools) {
  EXPECT_EQ(reader_.text(R"("a\"\u00e4")", wrong_), "a\"ä");
  EXPECT_EQ(reader_.text("12", wrong_), "12");
  EXPECT_EQ(reader_.text("true", wrong_), "true");
  EXPECT_FALSE(wrong_);
  EXPECT_EQ(reader_.text("null", wrong_), std::nullopt);
  EXPECT_FALSE(wrong_);
  for (const char* json : {"{}", "[1]", "", "x"}) {
    EXPECT_EQ(reader_.text(json, wrong_), std::nullopt) << json;
    EXPECT_TRUE(wrong_) << json;
  }
}

TEST_F(ValueReaderTest, TimesAreRfc3339OrSeconds) {
  EXPECT_EQ(reader_.time_us("\"2026-11-20T08:00:00Z\"", wrong_), 1'795'161'600'000'000);
  EXPECT_EQ(reader_.time_us("1795161600", wrong_), 1'795'161'600'000'000);
  EXPECT_EQ(reader_.time_us("1795161600.5", wrong_), 1'795'161'600'500'000);
  EXPECT_FALSE(wrong_);
  EXPECT_EQ(reader_.time_us("null", wrong_), std::nullopt);
  EXPECT_FALSE(wrong_);
  for (const char* json : {"\"soon\"", "0", "-1", "1e300", "true", "{}"}) {
    EXPECT_EQ(reader_.time_us(json, wrong_), std::nullopt) << json;
    EXPECT_TRUE(wrong_) << json;
  }
}

TEST_F(ValueReaderTest, ObjectsStayAsTheyAre) {
  EXPECT_EQ(reader_.object("{\"a\": 1}", wrong_), "{\"a\": 1}");
  EXPECT_EQ(reader_.object("null", wrong_), std::nullopt);
  EXPECT_FALSE(wrong_);
  EXPECT_EQ(reader_.object("[]", wrong_), std::nullopt);
  EXPECT_TRUE(wrong_);
}

TEST(WordOf, MakesAWordOfAnyText) {
  EXPECT_EQ(word_of("Push Hook"), "push_hook");
  EXPECT_EQ(word_of("com.Example.v1/Done!"), "com_example_v1_done");
  EXPECT_EQ(word_of("42 is"), "is");
  EXPECT_EQ(word_of("ä\n"), "");
  EXPECT_EQ(word_of(std::string(100, 'x')).size(), 64u);
}

TEST(Digest, TellsBodiesApart) {
  EXPECT_EQ(digest("a"), digest("a"));
  EXPECT_NE(digest("a"), digest("b"));
  EXPECT_NE(digest(""), digest(std::string_view("\0", 1)));
}

}  // namespace
}  // namespace bus::webhook
