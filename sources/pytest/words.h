// The words of pytest and of JUnit, and the state and result that they mean for a task. README.md has the
// tables.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"

namespace bus::pytest {

// How a test, or one try at it, ended.
enum class Verdict : std::uint8_t { passed, failed, error, skipped, xfailed, xpassed, rerun, interrupted };
inline constexpr std::size_t kVerdicts = 8;

std::string_view name(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view word);
Outcome result_of(Verdict verdict);

// How many tests ended how.
class Counts {
 public:
  void add(Verdict verdict) { ++of_[static_cast<std::size_t>(verdict)]; }
  void set(Verdict verdict, std::uint64_t count) { of_[static_cast<std::size_t>(verdict)] = count; }
  std::uint64_t operator[](Verdict verdict) const { return of_[static_cast<std::size_t>(verdict)]; }
  std::uint64_t total() const;
  bool bad() const { return (*this)[Verdict::failed] + (*this)[Verdict::error] != 0; }
  // "2 failed, 41 passed", worst first; "no tests" if there are none.
  std::string text() const;
  // {"passed":41,"failed":2}
  std::string json() const;

 private:
  std::array<std::uint64_t, kVerdicts> of_{};
};

// How a session ended, by pytest's exit status.
struct SessionEnd {
  Outcome result;
  std::string_view detail;
};
// `stopped`: pytest itself broke the session off (-x with xdist, errors at collection) and nobody else did.
SessionEnd session_end(std::uint64_t status, const Counts& counts, bool stopped, bool collect_errors);

}  // namespace bus::pytest
