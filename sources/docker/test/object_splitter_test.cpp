#include "sources/docker/object_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bus::docker {
namespace {

using ::testing::ElementsAre;

class Splitter : public ::testing::Test {
 protected:
  bool feed(std::string_view bytes) {
    return splitter_.feed(bytes, [&](std::string_view json) { got_.emplace_back(json); });
  }
  ObjectSplitter splitter_{64};
  std::vector<std::string> got_;
};

TEST_F(Splitter, SplitsOnNesting) {
  EXPECT_TRUE(feed(R"({"a":{"b":[{}]}}{"c":1})"
                   "\n\x1e {} \r\n"));
  EXPECT_THAT(got_, ElementsAre(R"({"a":{"b":[{}]}})", R"({"c":1})", "{}"));
  EXPECT_FALSE(splitter_.inside());
}

TEST_F(Splitter, BracketsInTextsDoNotCount) {
  EXPECT_TRUE(feed(R"({"a":"}\"]{\\"}{})"));
  EXPECT_THAT(got_, ElementsAre(R"({"a":"}\"]{\\"})", "{}"));
}

TEST_F(Splitter, TakesBytesInAnyPieces) {
  const std::string stream = "{\"a\":\"\\\\\\\"}\"}\n{\"b\":[1,{\"c\":null}]}";
  for (const char c : stream) EXPECT_TRUE(feed({&c, 1}));
  EXPECT_THAT(got_, ElementsAre("{\"a\":\"\\\\\\\"}\"}", "{\"b\":[1,{\"c\":null}]}"));
}

TEST_F(Splitter, PassesOverWhatIsTooLarge) {
  EXPECT_TRUE(feed("{\"a\":\"" + std::string(100, 'x')));
  EXPECT_TRUE(feed(std::string(100, '{') + "\"}{\"b\":2}"));
  EXPECT_THAT(got_, ElementsAre("{\"b\":2}"));
  EXPECT_EQ(splitter_.too_large(), 1u);
}

TEST_F(Splitter, TakesExactlyTheBound) {
  const std::string fits = "{\"a\":\"" + std::string(56, 'x') + "\"}";
  ASSERT_EQ(fits.size(), 64u);
  EXPECT_TRUE(feed(fits));
  EXPECT_THAT(got_, ElementsAre(fits));
}

TEST_F(Splitter, GarbageEndsIt) {
  EXPECT_FALSE(feed("{}x{}"));
  EXPECT_THAT(got_, ElementsAre("{}"));
  EXPECT_FALSE(feed("{}"));
  splitter_.reset();
  EXPECT_TRUE(feed("{}"));
}

TEST_F(Splitter, ResetForgetsHalfAnObject) {
  EXPECT_TRUE(feed("{\"a\":\"\\"));
  EXPECT_TRUE(splitter_.inside());
  splitter_.reset();
  EXPECT_TRUE(feed("{}"));
  EXPECT_THAT(got_, ElementsAre("{}"));
}

}  // namespace
}  // namespace bus::docker
