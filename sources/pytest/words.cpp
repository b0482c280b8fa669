#include "sources/pytest/words.h"

#include <algorithm>
#include <iterator>

#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

struct Word {
  Verdict verdict;
  std::string_view name;
  Outcome result;
};
constexpr Word kWords[] = {
    {Verdict::passed, "passed", Outcome::success},
    {Verdict::failed, "failed", Outcome::failure},
    {Verdict::error, "error", Outcome::error},
    {Verdict::skipped, "skipped", Outcome::skip},
    {Verdict::xfailed, "xfailed", Outcome::success},
    {Verdict::xpassed, "xpassed", Outcome::success},
    {Verdict::rerun, "rerun", Outcome::failure},
    {Verdict::interrupted, "interrupted", Outcome::cancellation},
};
static_assert(std::size(kWords) == kVerdicts);

// The order in which a summary tells them.
constexpr Verdict kWorstFirst[] = {Verdict::failed,  Verdict::error,   Verdict::interrupted, Verdict::passed,
                                   Verdict::skipped, Verdict::xfailed, Verdict::xpassed,     Verdict::rerun};

}  // namespace

std::string_view name(Verdict verdict) {
  return kWords[static_cast<std::size_t>(verdict)].name;
}

std::optional<Verdict> verdict_named(std::string_view word) {
  for (const Word& known : kWords) {
    if (known.name == word) return known.verdict;
  }
  return std::nullopt;
}

Outcome result_of(Verdict verdict) {
  return kWords[static_cast<std::size_t>(verdict)].result;
}

std::uint64_t Counts::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t one : of_) sum += one;
  return sum - (*this)[Verdict::rerun];  // a try is no test
}

std::string Counts::text() const {
  std::string out;
  for (const Verdict verdict : kWorstFirst) {
    if ((*this)[verdict] == 0) continue;
    out.append(out.empty() ? "" : ", ")
        .append(std::to_string((*this)[verdict]))
        .append(" ")
        .append(name(verdict));
  }
  return out.empty() ? "no tests" : out;
}

std::string Counts::json() const {
  JsonObject out;
  for (const Word& word : kWords) {
    if ((*this)[word.verdict] != 0) out.number(word.name, (*this)[word.verdict]);
  }
  return out.empty() ? std::string() : out.done();
}

SessionEnd session_end(std::uint64_t status, const Counts& counts, bool stopped, bool collect_errors) {
  switch (status) {
    case 0:
      return {Outcome::success, "passed"};
    case 1:
      return {Outcome::failure, "failed"};
    case 2:
      if (!stopped) return {Outcome::cancellation, "interrupted"};
      if (collect_errors) return {Outcome::error, "errors at collection"};
      return {counts.bad() ? Outcome::failure : Outcome::cancellation, "stopped"};
    case 3:
      return {Outcome::error, "internal error"};
    case 4:
      return {Outcome::error, "usage"};
    case 5:
      return {Outcome::skip, "no tests"};
    case 6:
      return {Outcome::failure, "warnings"};
    default:
      return {Outcome::error, "unknown exit status"};
  }
}

}  // namespace bus::pytest
