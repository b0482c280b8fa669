// Runs every folder of testcases/: message.json, junit.xml or reportlog.jsonl in, expected.txt out.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "sources/pytest/intake.h"
#include "sources/pytest/test/render.h"
#include "tests/support/golden_cases.h"

namespace bus::pytest {
namespace {

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

std::string outcome_of(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "message.json"))
    return of_message(testing::read_file(folder / "message.json"));
  const bool junit = std::filesystem::exists(folder / "junit.xml");
  const std::string content = testing::read_file(folder / (junit ? "junit.xml" : "reportlog.jsonl"));
  const ReportFile file{"/home/me/hello/report", content, {}, 1'732'089'660'000'000};
  return of_file(junit ? read_junit_file(file) : read_reportlog_file(file));
}

BUS_GOLDEN_CASES(outcome_of, "expected.txt");

}  // namespace
}  // namespace bus::pytest
