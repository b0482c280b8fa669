#include "core/rules/policy.h"

#include <algorithm>
#include <charconv>

#include "core/base/text.h"
#include "core/base/time_text.h"

namespace bus::rules {

std::string_view name(WhenBusy when) {
  return kWhenBusyWords[static_cast<std::size_t>(when)];
}

std::optional<WhenBusy> when_busy_named(std::string_view word) {
  const auto* found = std::find(kWhenBusyWords.begin(), kWhenBusyWords.end(), word);
  if (found == kWhenBusyWords.end()) return std::nullopt;
  return static_cast<WhenBusy>(found - kWhenBusyWords.begin());
}

Result<Rate> parse_rate(std::string_view text) {
  const auto wrong = [&] {
    return error(Code::invalid, "'" + printable(text) + "' is no rate",
                 "as in 10/1m: a number, a slash, a duration");
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return wrong();
  Rate rate;
  const std::string_view count = text.substr(0, slash);
  const auto [end, failure] = std::from_chars(count.data(), count.data() + count.size(), rate.count);
  if (failure != std::errc() || end != count.data() + count.size() || rate.count < 1 || rate.count > 100'000)
    return wrong();
  std::string per(text.substr(slash + 1));
  // "10/m" is what people say.
  if (!per.empty() && (per[0] < '0' || per[0] > '9')) per.insert(per.begin(), '1');
  const auto duration = parse_duration(per);
  if (!duration || duration->count() == 0) return wrong();
  rate.per = *duration;
  return rate;
}

std::string format_rate(const Rate& rate) {
  return std::to_string(rate.count) + "/" + format_duration(rate.per);
}

Status check(const Policy& policy) {
  if (policy.max_wait && !policy.debounce)
    return error(Code::invalid, "max-wait goes with debounce", "say how long it must be quiet, too");
  if (policy.max_wait && *policy.max_wait < *policy.debounce)
    return error(Code::invalid, "max-wait is shorter than debounce");
  if (policy.when_busy == WhenBusy::restart && policy.retries != 0)
    return error(Code::invalid, "retries do not go with restart", "a restarted program is not tried again");
  return Ok{};
}

}  // namespace bus::rules
