// Runs every folder of testcases/: headers.txt ("Name: value" lines) and body.json (or body.txt, where it is
// not to be JSON) in, expected.json out. A new case is a new folder. UPDATE_GOLDEN=1 writes the expected
// files anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "sources/github/normalize.h"
#include "sources/github/test/render.h"

namespace bus::github {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::map<std::string, std::string> read_headers(const fs::path& path) {
  std::map<std::string, std::string> headers;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) headers[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return headers;
}

std::vector<std::string> folders() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(BUS_TESTCASES)) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Case : public ::testing::TestWithParam<std::string> {};

TEST_P(Case, GivesWhatIsExpected) {
  const fs::path folder = fs::path(BUS_TESTCASES) / GetParam();
  auto headers = read_headers(folder / "headers.txt");
  const std::string body = read(fs::exists(folder / "body.txt") ? folder / "body.txt" : folder / "body.json");
  Normalizer normalizer;
  const auto made = normalizer.normalize(
      {headers["X-GitHub-Event"], headers["X-GitHub-Delivery"], headers["Content-Type"], body});
  const auto* event = std::get_if<Event>(&made);
  const std::string text = event != nullptr ? render(*event, body) : render(std::get<Refusal>(made));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(folder / "expected.json", std::ios::binary) << text;
  }
  EXPECT_EQ(text, read(folder / "expected.json"));
}

INSTANTIATE_TEST_SUITE_P(Testcases, Case, ::testing::ValuesIn(folders()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace bus::github
