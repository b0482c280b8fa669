// For tests of a plugin: golden cases. Every folder of a plugin's testcases/ is one. What goes in stands in
// its files, what must come out in one more, which UPDATE_GOLDEN=1 writes anew. A new case is a new folder.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace bus::testing {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The names of the folders below `path`, in order; none if it is no folder.
inline std::vector<std::string> folder_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(path, missing)) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Empty if the text is that of the file; else the first line that differs. UPDATE_GOLDEN=1 makes it the
// file's.
inline std::string golden_difference(const std::string& text, const std::filesystem::path& expected) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << text;
  const std::string wanted = read_file(expected);
  if (text == wanted) return {};
  const auto [one, two] = std::mismatch(text.begin(), text.end(), wanted.begin(), wanted.end());
  const auto line_at = [](const std::string& all, std::size_t at) {
    const std::size_t from = at == 0 ? 0 : all.rfind('\n', at - 1) + 1;
    return from >= all.size() ? std::string("the end")
                              : "'" + all.substr(from, all.find('\n', from) - from) + "'";
  };
  const auto number = 1 + std::count(text.begin(), one, '\n');
  return expected.string() + ":" + std::to_string(number) + ": it is " +
         line_at(text, static_cast<std::size_t>(one - text.begin())) + ", expected was " +
         line_at(wanted, static_cast<std::size_t>(two - wanted.begin())) +
         " (UPDATE_GOLDEN=1 writes it anew)";
}

}  // namespace bus::testing

// For GoogleTest, which the test includes itself: one test a folder of BUS_TESTCASES. outcome_of(path of the
// folder) gives the text that its file `expected` must hold. Stands in a namespace of the test's own.
#define BUS_GOLDEN_CASES(outcome_of, expected)                                                 \
  class Case : public ::testing::TestWithParam<std::string> {};                                \
  TEST_P(Case, GivesWhatIsExpected) {                                                          \
    const std::filesystem::path folder = std::filesystem::path(BUS_TESTCASES) / GetParam();    \
    EXPECT_EQ(::bus::testing::golden_difference(outcome_of(folder), folder / (expected)), ""); \
  }                                                                                            \
  INSTANTIATE_TEST_SUITE_P(Testcases, Case,                                                    \
                           ::testing::ValuesIn(::bus::testing::folder_names(BUS_TESTCASES)),   \
                           [](const auto& one) { return one.param; })
