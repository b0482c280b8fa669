// Runs every folder of testcases/: input.jsonl in, expected.jsonl out. A line of the input is a message of
// the engine's, or begins with @ and is a step of the test:
//   @types A,B   @labels A,B   @exclude A,B   the settings, before anything else
//   @at TIME                                  what the clock says from now on
//   @subscribed TIME                          when the stream began
//   @inspect JSON                             the engine's answer about a container
//   @gone ID                                  the engine does not know it any more
//   @lose                                     the connection is lost: nobody can tell from now on
//   @unknown                                  it did not come back at once
//   @restart                                  a new life: what was remembered is saved and read back
// A message that is refused is a line of the output, too.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/docker/normalize.h"
#include "sources/docker/test/render.h"
#include "sources/docker/text.h"
#include "tests/support/golden_cases.h"

namespace bus::docker {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    parts.emplace_back(part);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return parts;
}

class Script {
 public:
  std::string run(const std::filesystem::path& input) {
    std::ifstream in(input);
    for (std::string line; std::getline(in, line);) take(line);
    return out_;
  }

 private:
  void take(const std::string& line) {
    std::vector<Event> events;
    if (line.starts_with('@')) {
      step(line, events);
    } else if (normalizer().take(line, now_us_, events) == Normalizer::Taken::refused) {
      out_ += "{\"refused\":true}\n";
    }
    for (const Event& event : events) out_ += render(event, line);
  }

  void step(const std::string& line, std::vector<Event>& events) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string verb = line.substr(1, blank - 1);
    const std::string rest = blank < line.size() ? line.substr(blank + 1) : "";
    if (verb == "types") choice_.types = split(rest);
    if (verb == "labels") choice_.labels = split(rest);
    if (verb == "exclude") choice_.excluded = split(rest);
    if (verb == "at") now_us_ = parse_time_us(rest).value();
    if (verb == "subscribed") subscribed_us_ = parse_time_us(rest).value();
    if (verb == "gone") normalizer().gone(rest, now_us_, events);
    if (verb == "lose") normalizer().lose_sight(now_us_);
    if (verb == "unknown") normalizer().tell_unknown(now_us_, events);
    if (verb == "inspect") {
      const auto seen = reader_.read(rest);
      ASSERT_TRUE(seen) << line;
      normalizer().observe(*seen, subscribed_us_, now_us_, events);
    }
    if (verb == "restart") {
      const std::string saved = normalizer().save(now_us_);
      normalizer_.emplace(choice_).restore(saved);
    }
  }

  Normalizer& normalizer() {
    if (!normalizer_) normalizer_.emplace(choice_);
    return *normalizer_;
  }

  Choice choice_{{}, {}, {"exec*", "resize", "top"}};
  std::optional<Normalizer> normalizer_;
  ObservationReader reader_;
  std::int64_t now_us_ = parse_time_us("2026-11-20T15:00:00Z").value();
  std::int64_t subscribed_us_ = now_us_;
  std::string out_;
};

std::string outcome_of(const std::filesystem::path& folder) {
  return Script().run(folder / "input.jsonl");
}

BUS_GOLDEN_CASES(outcome_of, "expected.jsonl");

}  // namespace
}  // namespace bus::docker
