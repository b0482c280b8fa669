#include "core/process/line_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace bus::process {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Cut {
  LineCutter cutter;
  std::vector<std::pair<std::string, bool>> lines;
  void feed(std::string_view bytes) {
    cutter.feed(bytes, [this](std::string_view line, bool whole) { lines.emplace_back(line, whole); });
  }
  void finish() {
    cutter.finish([this](std::string_view line, bool whole) { lines.emplace_back(line, whole); });
  }
};

TEST(LineCutter, FindsLinesAcrossPieces) {
  Cut cut;
  for (const char* piece : {"a", "b\n", "\nc\nd", "e"}) cut.feed(piece);
  cut.finish();
  cut.finish();
  EXPECT_THAT(cut.lines, ElementsAre(Pair("ab", true), Pair("", true), Pair("c", true), Pair("de", false)));
}

TEST(LineCutter, LongLinesComeInParts) {
  const std::string most(kLongestPart, 'x');
  Cut cut;
  cut.feed(most);
  EXPECT_TRUE(cut.lines.empty());
  cut.feed("\n");
  cut.feed(most + most);
  cut.feed("y");
  cut.feed("\n");
  EXPECT_THAT(cut.lines,
              ElementsAre(Pair(most, true), Pair(most, false), Pair(most, false), Pair("y", true)));
}

TEST(LineCutter, WhereverTheInputIsCutTheBytesAreTheSame) {
  std::string input;
  for (int i = 0; i < 300; ++i)
    input.append(static_cast<std::size_t>(i * 7 % 900), static_cast<char>('a' + i % 26)) += '\n';
  input += std::string(150'000, 'z');
  for (const std::size_t step : {1u, 7u, 4096u, 100'000u}) {
    Cut cut;
    for (std::size_t at = 0; at < input.size(); at += step)
      cut.feed(std::string_view(input).substr(at, step));
    cut.finish();
    std::string again;
    for (const auto& [line, whole] : cut.lines) again.append(line).append(whole ? "\n" : "");
    EXPECT_TRUE(again == input) << step;
  }
}

}  // namespace
}  // namespace bus::process
