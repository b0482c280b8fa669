#include "core/wire/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bus::wire {
namespace {

using ::testing::ElementsAre;

class DecoderTest : public ::testing::Test {
 protected:
  Status feed(std::string_view bytes, std::size_t most = 1000) {
    return decoder_.feed(bytes, [&](std::string_view body) {
      bodies_.emplace_back(body);
      return bodies_.size() < most;
    });
  }
  Decoder decoder_;
  std::vector<std::string> bodies_;
};

TEST_F(DecoderTest, PutsAnyCutTogether) {
  const std::string stream = frame("{}") + frame(std::string(300, 'x')) + frame("[1]");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    bodies_.clear();
    ASSERT_TRUE(feed(stream.substr(0, cut)));
    ASSERT_TRUE(feed(stream.substr(cut)));
    EXPECT_THAT(bodies_, ElementsAre("{}", std::string(300, 'x'), "[1]")) << cut;
    EXPECT_EQ(decoder_.pending(), 0u);
  }
}

TEST_F(DecoderTest, OneByteAtATime) {
  for (char c : frame("ab") + frame("c")) ASSERT_TRUE(feed({&c, 1}));
  EXPECT_THAT(bodies_, ElementsAre("ab", "c"));
}

TEST_F(DecoderTest, StopsWhenTheTakerHasEnoughAndGoesOnLater) {
  ASSERT_TRUE(feed(frame("1") + frame("2") + frame("3"), 1));
  EXPECT_THAT(bodies_, ElementsAre("1"));
  EXPECT_GT(decoder_.pending(), 0u);
  ASSERT_TRUE(feed({}));
  EXPECT_THAT(bodies_, ElementsAre("1", "2", "3"));
}

TEST_F(DecoderTest, RefusesLengthsThatCannotBe) {
  EXPECT_EQ(feed(std::string(4, '\0')).error().code, Code::invalid);
  EXPECT_EQ(feed("\x7f\xff\xff\xff").error().code, Code::limit);
}

TEST(Frame, HasABigEndianLength) {
  EXPECT_EQ(frame("abc"), std::string("\0\0\0\3abc", 7));
}

}  // namespace
}  // namespace bus::wire
