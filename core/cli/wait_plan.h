// WaitPlan: what a `bus wait` waits for, and how far it has come. Pure: events and times go in, the answer
// comes out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/cli/health.h"
#include "core/event/event.h"
#include "core/predicate/predicate.h"

namespace bus::cli {

enum class WaitFor : std::uint8_t {
  match,     // the expression, `count` times
  all_of,    // each clause once, in any order; one event may satisfy several
  first_of,  // any clause
  sequence,  // each clause by an event of its own, in order
  absence,   // no match for `quiet`
};

struct WaitSpec {
  WaitFor what = WaitFor::match;
  std::vector<std::string> clauses{};  // CEL; one for match and absence
  std::string filter{};                // holds for every clause; may be empty
  std::int64_t count = 1;              // match
  // From the first event of the answer to the last: match with a count, all_of, sequence.
  std::optional<microseconds> within{};
  microseconds quiet{0};  // absence
};

// One event that counts for the answer.
struct Seen {
  std::string text;  // as the host sent it
  Time received;
  int status = 0;  // status_of_task()
};

// What an event says of its task, as an exit status: kGood without a task, or while it runs.
int status_of_task(const event::Event& event);

// One thread.
class WaitPlan {
 public:
  // Compiles everything. Code::invalid: an expression is wrong, or the parts do not go together.
  static Result<WaitPlan> make(WaitSpec spec);

  // What to subscribe to: true for every event that any clause wants.
  const std::string& where() const { return where_; }

  // An event that the subscription gave; true when the wait is over. Not for absence.
  bool take(const event::Event& event, std::string_view text);

  // Absence. `start` is when the watching began, in the host's time; the clock starts again with each match.
  void watch_from(Time start) { last_ = start; }
  void seen_at(Time received) { last_ = std::max(last_, received); }
  // The moment from which on the absence is long enough.
  Time due() const { return last_ + spec_.quiet; }

  // The events that made the answer, in seq order. Complete once take() said true.
  const std::vector<Seen>& answer() const { return answer_; }
  // kGood, kNotOk or kUnknown: the last event of a sequence decides, else the worst of all.
  int status() const;
  // The clauses that are still waited for, as they were written.
  std::vector<std::string> outstanding() const;
  // The sources and tasks that those clauses need.
  Needs needs() const;

  const WaitSpec& spec() const { return spec_; }

 private:
  explicit WaitPlan(WaitSpec spec) : spec_(std::move(spec)) {}
  std::vector<std::size_t> open() const;
  bool take_match(Seen seen);
  bool take_all_of(const std::vector<bool>& holds, const Seen& seen);
  bool take_sequence(const std::vector<bool>& holds, const Seen& seen);
  bool too_old(Time first, Time last) const { return spec_.within && last - first > *spec_.within; }

  WaitSpec spec_;
  std::string where_;
  std::vector<predicate::Predicate> clauses_;
  std::unique_ptr<predicate::EventView> view_ = std::make_unique<predicate::EventView>();
  std::vector<Seen> answer_;
  std::vector<std::optional<Seen>> latest_;  // all_of: of each clause
  std::vector<std::vector<Seen>> chains_;    // sequence: [k] ends with step k and began as late as possible
  Time last_{};                              // absence: when the clock started
};

}  // namespace bus::cli
