// Runs every folder of testcases/: body.json (or body.txt, where it is not to be JSON) in, expected.json out:
// the events one after the other, what was heard of watchdogs, or the refusal. The watchdogs are
// Watchdog{cluster="a"} and Deadman.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "sources/alertmanager/normalize.h"
#include "tests/support/golden_cases.h"
#include "tests/support/render_event.h"

namespace bus::alertmanager {
namespace {

std::string render(const std::variant<Reading, Refusal>& made) {
  if (const auto* refusal = std::get_if<Refusal>(&made)) {
    testing::JsonText out(testing::JsonText::kPage);
    out.text("refused", refusal->code);
    out.text("message", refusal->message);
    return out.done() + "\n";
  }
  const auto& reading = std::get<Reading>(made);
  std::string out;
  for (const Event& event : reading.events) out += testing::render_event(event);
  for (const Heard& heard : reading.heard) {
    testing::JsonText one(testing::JsonText::kPage);
    one.put("watchdog", std::to_string(heard.watchdog));
    one.put("event", std::to_string(heard.event));
    one.put("firing", heard.firing ? "true" : "false");
    out += one.done() + "\n";
  }
  return out;
}

std::string outcome_of(const std::filesystem::path& folder) {
  const bool json = std::filesystem::exists(folder / "body.json");
  Normalizer normalizer({*Matcher::parse("Watchdog{cluster=\"a\"}"), *Matcher::parse("Deadman")});
  return render(normalizer.normalize(testing::read_file(folder / (json ? "body.json" : "body.txt"))));
}

BUS_GOLDEN_CASES(outcome_of, "expected.json");

}  // namespace
}  // namespace bus::alertmanager
