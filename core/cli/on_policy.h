// OnPolicy: when `bus on` is over, and with what status. Pure: times and outcomes go in, decisions come out.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"

namespace bus::cli {

struct OnSettings {
  bool loop = false;                    // else: once
  std::optional<std::int64_t> times{};  // with loop: so many runs
  // Once: how long to wait for the match. Loop: how long it may be quiet. A program that runs is never
  // bounded by it.
  std::optional<microseconds> timeout{};
};

// One thread.
class OnPolicy {
 public:
  OnPolicy(const OnSettings& settings, Mono now) : settings_(settings), quiet_since_(now) {}

  // Another match is wanted.
  bool wants_more() const { return !over_; }
  // When waiting for it ends.
  std::optional<Mono> deadline() const {
    if (!settings_.timeout) return std::nullopt;
    return quiet_since_ + *settings_.timeout;
  }
  // A match has come, whatever is made of it.
  void heard(Mono now) { quiet_since_ = now; }
  // A run has ended with this status.
  void ran(int status, Mono now);
  // A signal has come that asks us to end: nothing more is started.
  void interrupted(int signal);
  // The deadline has passed.
  void timed_out() { over_ = true, timed_out_ = true; }
  bool is_timed_out() const { return timed_out_; }

  // How we end: the program's status (of the last run), 124, or 128 + the signal. After a single run that a
  // signal ended the status is the program's own.
  int status() const;

 private:
  OnSettings settings_;
  Mono quiet_since_;
  std::int64_t runs_ = 0;
  int last_ = 0;
  int signal_ = 0;
  bool over_ = false;
  bool timed_out_ = false;
};

}  // namespace bus::cli
