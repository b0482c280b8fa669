// Runs every folder of testcases/: body.json (or body.txt, where it is not to be JSON) in, expected.json out:
// the events one after the other, what was heard of watchdogs, or the refusal. The watchdogs are
// Watchdog{cluster="a"} and Deadman. A new case is a new folder. UPDATE_GOLDEN=1 writes the expected files
// anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sources/alertmanager/normalize.h"
#include "tests/support/render_event.h"

namespace bus::alertmanager {
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

std::string render(const std::variant<Reading, Refusal>& made) {
  if (const auto* refusal = std::get_if<Refusal>(&made)) {
    testing::RenderedObject out;
    out.text("refused", refusal->code);
    out.text("message", refusal->message);
    return out.done() + "\n";
  }
  const auto& reading = std::get<Reading>(made);
  std::string out;
  for (const Event& event : reading.events) out += testing::render_event(event);
  for (const Heard& heard : reading.heard) {
    testing::RenderedObject one;
    one.put("watchdog", std::to_string(heard.watchdog));
    one.put("event", std::to_string(heard.event));
    one.put("firing", heard.firing ? "true" : "false");
    out += one.done() + "\n";
  }
  return out;
}

class Case : public ::testing::TestWithParam<std::string> {};

TEST_P(Case, GivesWhatIsExpected) {
  const fs::path folder = fs::path(BUS_TESTCASES) / GetParam();
  const std::string body = read(fs::exists(folder / "body.txt") ? folder / "body.txt" : folder / "body.json");
  Normalizer normalizer({*Matcher::parse("Watchdog{cluster=\"a\"}"), *Matcher::parse("Deadman")});
  const std::string text = render(normalizer.normalize(body));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(folder / "expected.json", std::ios::binary) << text;
  }
  EXPECT_EQ(text, read(folder / "expected.json"));
}

INSTANTIATE_TEST_SUITE_P(Testcases, Case, ::testing::ValuesIn(folders()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace bus::alertmanager
