// Golden cases: every folder of a plugin's testcases/ is one. What goes in stands in its files, what must
// come out in one more, which UPDATE_GOLDEN=1 writes anew. A new case is a new folder.
#pragma once

#include <gtest/gtest.h>

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

// The names of the folders below `path`, in order.
inline std::vector<std::string> folder_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The text must be that of the file.
inline void expect_golden(const std::string& text, const std::filesystem::path& expected) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << text;
  EXPECT_EQ(text, read_file(expected)) << "UPDATE_GOLDEN=1 writes " << expected;
}

}  // namespace bus::testing

// One test a folder of BUS_TESTCASES: outcome_of(path of the folder) gives the text that its file `expected`
// must hold. Stands in a namespace of the test's own.
#define BUS_GOLDEN_CASES(outcome_of, expected)                                               \
  class Case : public ::testing::TestWithParam<std::string> {};                              \
  TEST_P(Case, GivesWhatIsExpected) {                                                        \
    const std::filesystem::path folder = std::filesystem::path(BUS_TESTCASES) / GetParam();  \
    ::bus::testing::expect_golden(outcome_of(folder), folder / (expected));                  \
  }                                                                                          \
  INSTANTIATE_TEST_SUITE_P(Testcases, Case,                                                  \
                           ::testing::ValuesIn(::bus::testing::folder_names(BUS_TESTCASES)), \
                           [](const auto& one) { return one.param; })
