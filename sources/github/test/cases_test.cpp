// Runs every folder of testcases/: headers.txt ("Name: value" lines) and body.json (or body.txt, where it is
// not to be JSON) in, expected.json out.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "sources/github/normalize.h"
#include "sources/github/test/render.h"
#include "tests/support/golden_cases.h"

namespace bus::github {
namespace {

std::map<std::string, std::string> read_headers(const std::filesystem::path& path) {
  std::map<std::string, std::string> headers;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) headers[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return headers;
}

std::string outcome_of(const std::filesystem::path& folder) {
  auto headers = read_headers(folder / "headers.txt");
  const bool json = std::filesystem::exists(folder / "body.json");
  const std::string body = testing::read_file(folder / (json ? "body.json" : "body.txt"));
  Normalizer normalizer;
  const auto made = normalizer.normalize(
      {headers["X-GitHub-Event"], headers["X-GitHub-Delivery"], headers["Content-Type"], body});
  const auto* event = std::get_if<Event>(&made);
  return event != nullptr ? render(*event, body) : render(std::get<Refusal>(made));
}

BUS_GOLDEN_CASES(outcome_of, "expected.json");

}  // namespace
}  // namespace bus::github
