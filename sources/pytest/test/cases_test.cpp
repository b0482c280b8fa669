// Runs every folder of testcases/: message.json, junit.xml or reportlog.jsonl in, expected.txt out. A new
// case is a new folder. UPDATE_GOLDEN=1 writes the expected files anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sources/pytest/intake.h"
#include "sources/pytest/test/render.h"

namespace bus::pytest {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> folders() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(BUS_TESTCASES)) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string of_file(const FromFile& from) {
  const std::string problem = from.report.problem.empty() ? "" : "problem: " + from.report.problem + "\n\n";
  return problem + render(from.events);
}

std::string of_message(const std::string& message) {
  Intake intake;
  const Meaning meaning = intake.read(message);
  if (const auto* refusal = std::get_if<Refusal>(&meaning)) return "refused: " + refusal->message + "\n";
  if (const auto* live = std::get_if<Live>(&meaning)) return render(live->events);
  return of_file(std::get<FromFile>(meaning));
}

std::string outcome_of(const fs::path& folder) {
  if (fs::exists(folder / "message.json")) return of_message(read(folder / "message.json"));
  const bool junit = fs::exists(folder / "junit.xml");
  const std::string content = read(folder / (junit ? "junit.xml" : "reportlog.jsonl"));
  const ReportFile file{"/home/me/hello/report", content, {}, 1'732'089'660'000'000};
  return of_file(junit ? read_junit_file(file) : read_reportlog_file(file));
}

class Case : public ::testing::TestWithParam<std::string> {};

TEST_P(Case, GivesWhatIsExpected) {
  const fs::path folder = fs::path(BUS_TESTCASES) / GetParam();
  const std::string text = outcome_of(folder);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(folder / "expected.txt", std::ios::binary) << text;
  }
  EXPECT_EQ(text, read(folder / "expected.txt"));
}

INSTANTIATE_TEST_SUITE_P(Testcases, Case, ::testing::ValuesIn(folders()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace bus::pytest
