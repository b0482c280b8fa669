#include "sources/github/budget.h"

#include <algorithm>

#include "sources/github/link.h"

namespace bus::github {
namespace {

constexpr std::int64_t kMinute = 60 * Budget::kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
// A reset that is further away than any budget of GitHub's is a mistake of a clock.
constexpr std::int64_t kLongestReset = 2 * kHour;
constexpr std::int64_t kLongestPause = 24 * kHour;
constexpr std::int64_t kDeniedPause = 5 * kMinute;

// The n-th pause, from 1: doubling from `first` to `most`; then between three quarters and all of that.
std::int64_t step(std::int64_t first, std::int64_t most, unsigned n, double jitter, bool at_least) {
  const std::int64_t whole = std::min(most, first << std::min(n - 1, 20u));
  const auto part = static_cast<std::int64_t>(static_cast<double>(whole) * 0.25 * jitter);
  return at_least ? whole + part : whole - part;
}

}  // namespace

bool is_limited(int status, const Rate& rate, std::string_view message) {
  if (status == 429) return true;
  if (status != 403) return false;
  if (rate.retry_after_s || rate.remaining == 0) return true;
  const std::string said = lower(message);
  return said.find("rate limit") != std::string::npos || said.find("abuse detection") != std::string::npos;
}

void Budget::block(std::int64_t until_us, std::string why) {
  blocked_until_us_ = until_us;
  why_ = std::move(why);
}

void Budget::answered(int status, bool limited, const Rate& rate, std::int64_t now_us, double jitter) {
  denied_ = false;
  limited_ = limited;
  if (rate.limit && *rate.limit > 0) limit_ = rate.limit;
  if (rate.remaining && *rate.remaining >= 0) {
    if (remaining_ && status == 304) paid_ = paid_ * 0.75 + (*rate.remaining < *remaining_ ? 0.25 : 0);
    if (status == 200) paid_ = paid_ * 0.75 + 0.25;
    remaining_ = rate.remaining;
  }
  if (rate.reset_s) {
    // By GitHub's clock both: ours may be wrong.
    const std::int64_t from_s = rate.date_s.value_or(now_us / kSecond);
    reset_us_ = now_us + std::clamp<std::int64_t>((*rate.reset_s - from_s) * kSecond, 0, kLongestReset);
  }
  if (!limited) {
    failures_ = 0;
    blocked_until_us_ = 0;
    why_.clear();
    return;
  }
  ++failures_;
  if (rate.retry_after_s) {
    const std::int64_t pause =
        std::clamp<std::int64_t>(*rate.retry_after_s * kSecond, kSecond, kLongestPause);
    return block(now_us + pause + static_cast<std::int64_t>(jitter * kSecond), "GitHub asked for a pause");
  }
  if (remaining_ == 0 && reset_us_ > now_us)
    return block(reset_us_ + static_cast<std::int64_t>((1 + jitter) * kSecond), "the budget is used up");
  block(now_us + step(kMinute, kHour, failures_, jitter, true),
        "GitHub says that too much was asked at once");
}

void Budget::failed(std::string_view why, std::int64_t now_us, double jitter) {
  ++failures_;
  limited_ = false;
  block(now_us + step(5 * kSecond, 5 * kMinute, failures_, jitter, false), std::string(why));
}

void Budget::denied(std::int64_t now_us) {
  denied_ = true;
  ++failures_;
  block(now_us + kDeniedPause, "GitHub does not accept the token");
}

std::int64_t Budget::free_at(std::int64_t now_us) const {
  // A clock that was set back must not stop us for longer than any pause is.
  if (blocked_until_us_ > now_us && blocked_until_us_ - now_us <= kLongestPause + kMinute)
    return blocked_until_us_;
  if (limit_ && remaining_ && *remaining_ <= reserve() && reset_us_ > now_us &&
      reset_us_ - now_us <= kLongestReset)
    return reset_us_;
  return 0;
}

std::string Budget::why(std::int64_t now_us) const {
  if (blocked_until_us_ > now_us) return why_;
  return "what is left of the budget is kept in reserve";
}

std::int64_t Budget::pause_us(double round, std::int64_t now_us) const {
  if (!limit_ || !remaining_ || reset_us_ <= now_us) return 0;
  const auto spendable = static_cast<double>(std::max<std::int64_t>(*remaining_ - reserve(), 1));
  const auto rest = static_cast<double>(reset_us_ - now_us);  // then there is a new budget
  return static_cast<std::int64_t>(std::min(round * std::max(paid_, 0.05) / spendable, 1.0) * rest);
}

std::optional<Budget::View> Budget::view(std::int64_t now_us) const {
  if (!limit_ || !remaining_ || reset_us_ <= now_us) return std::nullopt;
  return View{*limit_, *remaining_, reserve(), reset_us_};
}

}  // namespace bus::github
