#include "core/plugin/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::plugin {
namespace {

using ::testing::ElementsAre;

// The lines of these pieces; "!" behind one that was cut, "~" behind an unfinished one.
std::vector<std::string> split(std::size_t bound, const std::vector<std::string>& pieces) {
  LineSplitter splitter(bound);
  std::vector<std::string> all;
  const auto keep = [&all](const std::vector<Line>& lines) {
    for (const Line& line : lines)
      all.push_back(std::string(line.text) + (line.cut ? "!" : "") + (line.unfinished ? "~" : ""));
  };
  for (const std::string& piece : pieces) {
    std::vector<Line> lines;
    splitter.feed(piece, lines);
    keep(lines);
  }
  std::vector<Line> last;
  splitter.finish(last);
  keep(last);
  return all;
}

TEST(LineSplitter, FindsLinesHoweverTheyCome) {
  EXPECT_THAT(split(99, {"one\ntwo\n\nthree"}), ElementsAre("one", "two", "", "three~"));
  EXPECT_THAT(split(99, {"o", "ne\nt", "", "wo", "\n", "\nthree\n"}), ElementsAre("one", "two", "", "three"));
  EXPECT_THAT(split(99, {}), ElementsAre());
  EXPECT_THAT(split(99, {"\n"}), ElementsAre(""));
}

TEST(LineSplitter, CutsWhatIsTooLongAndDropsTheRest) {
  EXPECT_THAT(split(3, {"abc\nabcd\nx\n"}), ElementsAre("abc", "abc!", "x"));
  EXPECT_THAT(split(3, {"ab", "cdef", "ghi\nx", "\n"}), ElementsAre("abc!", "x"));
  EXPECT_THAT(split(3, {"abc", "\n", "abc", "d"}), ElementsAre("abc", "abc!"));
  EXPECT_THAT(split(3, {"abcd", "no end"}), ElementsAre("abc!"));
}

}  // namespace
}  // namespace bus::plugin
