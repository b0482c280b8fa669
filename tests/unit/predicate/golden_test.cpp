// Every line of tests/golden/predicate/*.txt is an expression and what it gives over the sample event, as
// `expression => value` or `expression => error: why`. UPDATE_GOLDEN=1 rewrites the files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/predicate/predicate.h"
#include "tests/unit/predicate/sample_event.h"

namespace bus::predicate {
namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string answer(const std::string& expression, EventView& view) {
  const auto predicate = compile(expression);
  if (!predicate) {
    std::string text = "refused: " + predicate.error().message;
    const bool is_place = predicate.error().hint.find('\n') != std::string::npos;
    if (!is_place && !predicate.error().hint.empty()) text += " (" + predicate.error().hint + ")";
    return text;
  }
  const auto value = evaluate_json(*predicate, view);
  return value ? *value : "error: " + first_line(value.error().message);
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, EveryLineGivesWhatItSays) {
  const std::string path = std::string(BUS_GOLDEN) + "/" + GetParam() + ".txt";
  const auto event = testing::sample_event();
  EventView view(event);
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::ostringstream rewritten;
  std::size_t cases = 0;
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  for (std::string line; std::getline(file, line);) {
    const bool comment = line.empty() || line.starts_with("# ");
    const std::size_t arrow = line.find(" => ");
    const std::string expression = line.substr(0, arrow);
    const std::string now = comment ? line : expression + " => " + answer(expression, view);
    if (!update) {
      EXPECT_EQ(now, line);
    }
    rewritten << now << '\n';
    if (!comment) ++cases;
  }
  EXPECT_GT(cases, 0u);
  file.close();
  if (update) std::ofstream(path) << rewritten.str();
}

INSTANTIATE_TEST_SUITE_P(Files, Golden,
                         ::testing::Values("collections", "event", "logic", "numbers", "refused", "text",
                                           "time"),
                         [](const auto& file) { return file.param; });

TEST(GoldenFiles, AreAllRun) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(BUS_GOLDEN))
    names.push_back(entry.path().stem());
  EXPECT_EQ(names.size(), 7u);
}

}  // namespace
}  // namespace bus::predicate
