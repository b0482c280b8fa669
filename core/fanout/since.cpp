#include "core/fanout/since.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/base/text.h"
#include "core/base/time_text.h"

namespace bus::fanout {

Result<std::uint64_t> resolve_since(std::string_view text, const store::Store& store, const Clock& clock) {
  if (text == "now") return store.bounds().last;
  if (text == "start") return std::uint64_t{0};
  if (text.starts_with('@')) {
    auto cursor = store.cursor(text.substr(1));
    if (!cursor) return std::move(cursor).error();
    return cursor->seq;
  }
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits && text.size() < 20) {
    std::uint64_t seq = 0;
    std::from_chars(text.data(), text.data() + text.size(), seq);
    const std::uint64_t last = store.bounds().last;
    if (seq <= last) return seq;
    return error(Code::not_found,
                 "there is no event " + std::to_string(seq) + " yet; the log ends at " + std::to_string(last),
                 "if you have seen it, the log was put back (a loss of power, a restored backup): begin with "
                 "start or a time");
  }
  if (text.size() == 26) {
    if (const auto id = Ulid::parse(text)) return store.seq_of(*id);
  }
  if (const auto time = parse_time(text)) return store.seq_before(*time);
  if (const auto duration = parse_duration(text)) return store.seq_before(clock.now() - *duration);
  return error(Code::invalid, "'" + printable(cut_utf8(text, 60)) + "' is no place in the log",
               "use now, start, a seq, an event id, 10m, 2026-11-20T08:00:00Z, or @cursor");
}

}  // namespace bus::fanout
