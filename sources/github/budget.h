// The budget of one credential at GitHub: what the answers say of it, and when the next request may go. Pure:
// times are µs of our clock and come in with each call; `jitter` is a number from 0 to 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bus::github {

// What an answer's headers say of limits. Not told: nullopt.
struct Rate {
  std::optional<std::int64_t> limit, remaining;  // requests
  std::optional<std::int64_t> reset_s, date_s;   // GitHub's clock
  std::optional<std::int64_t> retry_after_s;
};

// Whether an answer says that too much was asked: 429, or a 403 that gives a pause, an empty budget, or says
// so in its `message`. Any other 403 is about permissions.
bool is_limited(int status, const Rate& rate, std::string_view message);

// One thread.
class Budget {
 public:
  static constexpr std::int64_t kSecond = 1'000'000;

  // `reserve_percent` of the limit is left to others.
  explicit Budget(std::int64_t reserve_percent) : reserve_percent_(reserve_percent) {}

  // An answer. `limited`: is_limited().
  void answered(int status, bool limited, const Rate& rate, std::int64_t now_us, double jitter);
  // There was no answer, or one of a server in trouble (5xx).
  void failed(std::string_view why, std::int64_t now_us, double jitter);
  // The credential is not accepted.
  void denied(std::int64_t now_us);
  // Another credential: what was known of the old one's is forgotten.
  void forget() { *this = Budget(reserve_percent_); }

  // When a request may go; not later than `now_us`: at once.
  std::int64_t free_at(std::int64_t now_us) const;
  // Why it may not go before.
  std::string why(std::int64_t now_us) const;
  // How many tries in a row had no good answer.
  unsigned failures() const { return failures_; }
  bool is_denied() const { return denied_; }
  // The last answer was a limit's.
  bool is_limited() const { return limited_; }

  // The pause between rounds that costs no more than what may be spent until the reset, and ends with it.
  // `round` is how many requests a round of everything takes. 0 while nothing is known.
  std::int64_t pause_us(double round, std::int64_t now_us) const;

  struct View {
    std::int64_t limit = 0, remaining = 0, reserve = 0, reset_us = 0;
  };
  // What GitHub said last; nullopt: nothing yet, or its reset is past.
  std::optional<View> view(std::int64_t now_us) const;

 private:
  void block(std::int64_t until_us, std::string why);
  std::int64_t reserve() const { return (*limit_ * reserve_percent_ + 99) / 100; }

  std::int64_t reserve_percent_;
  std::optional<std::int64_t> limit_, remaining_;
  std::int64_t reset_us_ = 0, blocked_until_us_ = 0;
  std::string why_;
  unsigned failures_ = 0;
  bool denied_ = false, limited_ = false;
  double paid_ = 1;  // the part of the requests that counts against the budget
};

}  // namespace bus::github
