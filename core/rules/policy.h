// Policy: when a rule runs its program and how often. The same words in `bus on`, in `bus rules add` and in
// the files of rules.d.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::rules {

// What a match does that cannot be run at once: the rule runs already, or its rate is used up.
enum class WhenBusy : std::uint8_t {
  queue,    // waits for its turn
  latest,   // the newest waits; it stands for those before it
  drop,     // is not run
  restart,  // the program that runs is stopped; then the newest is run
};

inline constexpr std::array<std::string_view, 4> kWhenBusyWords = {"queue", "latest", "drop", "restart"};
std::string_view name(WhenBusy when);
std::optional<WhenBusy> when_busy_named(std::string_view word);

// At most `count` starts within any stretch of `per`.
struct Rate {
  std::int64_t count = 1;
  microseconds per = seconds(1);
};

// "10/1m": count and duration. Code::invalid.
Result<Rate> parse_rate(std::string_view text);
std::string format_rate(const Rate& rate);

struct Policy {
  WhenBusy when_busy = WhenBusy::queue;
  std::optional<std::int64_t> jobs{};  // programs at the same time; see most_jobs()
  bool keyed = false;                  // at most one program at a time for each key
  // A match waits until it has been quiet for so long, and stands for what came meanwhile.
  std::optional<microseconds> debounce{};
  std::optional<microseconds> max_wait{};  // but no longer than this after the first
  std::optional<Rate> rate{};
  std::int64_t retries = 0;           // further attempts after one that failed
  microseconds backoff = seconds(1);  // before the first retry; then twice as long each time
  std::optional<microseconds> run_timeout{};
  microseconds stop_timeout = seconds(10);  // between SIGTERM and SIGKILL
  std::optional<std::int64_t> times{};      // so many runs, then never again
  std::size_t max_queued = 1000;            // runs that wait for their turn

  // One at a time unless told; with a key a few, as no two of one key run together.
  std::int64_t most_jobs() const { return jobs.value_or(keyed ? 8 : 1); }
  // A run may stand for several matches.
  bool gathers() const { return debounce || when_busy == WhenBusy::latest || when_busy == WhenBusy::restart; }
};

// Code::invalid if two of them do not go together.
Status check(const Policy& policy);

// What a program reads on stdin.
enum class Stdin : std::uint8_t { null, event };
inline constexpr std::array<std::string_view, 2> kStdinWords = {"null", "event"};

}  // namespace bus::rules
