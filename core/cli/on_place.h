// OnPlace: how far `bus on` is done with the log: up to the first event whose run has not ended. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_set>

namespace bus::cli {

// One thread.
class OnPlace {
 public:
  // The log was read up to `seq`: by an event for which `run` stands, or one that needs none (0).
  // REQUIRES: in order.
  void read(std::uint64_t seq, std::uint64_t run);
  // The run is over, or never will be.
  void over(std::uint64_t run);

  // Everything up to here is done with; 0: nothing yet.
  std::uint64_t done() const { return done_; }

 private:
  // Events in a row for which the same run stands.
  struct Stretch {
    std::uint64_t last;
    std::uint64_t run;
  };
  void move_on();

  std::deque<Stretch> stretches_;
  std::unordered_set<std::uint64_t> open_;  // runs that are not over
  std::uint64_t done_ = 0;
};

}  // namespace bus::cli
