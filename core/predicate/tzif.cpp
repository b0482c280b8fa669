#include "core/predicate/tzif.h"

#include <algorithm>

#include "core/predicate/moment.h"

namespace bus::predicate {

namespace {

constexpr std::int64_t kDay = 86'400;

// Reads big-endian numbers and stops giving anything once the bytes run out.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  std::string_view rest() const { return bytes_; }

  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::uint32_t count() { return static_cast<std::uint32_t>(number(4)); }
  std::int32_t signed32() { return static_cast<std::int32_t>(static_cast<std::uint32_t>(number(4))); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

struct Header {
  char version = 0;
  std::uint32_t utc_flags = 0, standard_flags = 0, leaps = 0, changes = 0, types = 0, letters = 0;

  std::size_t body(std::size_t time_size) const {
    return std::size_t{changes} * (time_size + 1) + std::size_t{types} * 6 + letters +
           std::size_t{leaps} * (time_size + 4) + standard_flags + utc_flags;
  }
};

bool read_header(Reader& in, Header& out) {
  if (in.take(4) != "TZif") return false;
  const std::string_view version = in.take(16);
  out.utc_flags = in.count();
  out.standard_flags = in.count();
  out.leaps = in.count();
  out.changes = in.count();
  out.types = in.count();
  out.letters = in.count();
  constexpr std::uint32_t kMost = 100'000;
  if (!in.ok() || out.changes > kMost || out.types == 0 || out.types > 256 || out.leaps > kMost) return false;
  out.version = version[0];
  return true;
}

// The small parser of POSIX TZ strings.
class TailParser {
 public:
  explicit TailParser(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }

  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (take('<')) {
      const std::size_t end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    std::size_t size = 0;
    while (size < text_.size() && ((text_[size] | 0x20) >= 'a' && (text_[size] | 0x20) <= 'z')) ++size;
    text_.remove_prefix(size);
    return size >= 3;
  }
  std::optional<int> number() {
    int value = 0;
    std::size_t size = 0;
    for (; size < text_.size() && size < 4 && text_[size] >= '0' && text_[size] <= '9'; ++size) {
      value = value * 10 + (text_[size] - '0');
    }
    text_.remove_prefix(size);
    if (size == 0) return std::nullopt;
    return value;
  }
  // [+-]hh[:mm[:ss]] in seconds.
  std::optional<std::int32_t> time() {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int32_t total = 0;
    for (const int unit : {3600, 60, 1}) {
      if (unit != 3600 && !take(':')) break;
      const auto part = number();
      if (!part) return std::nullopt;
      total += *part * unit;
    }
    return negative ? -total : total;
  }
  std::optional<ZoneRule> rule() {
    ZoneRule out;
    std::optional<int> day;
    if (take('M')) {
      const auto month = number();
      const auto week = take('.') ? number() : std::nullopt;
      day = take('.') ? number() : std::nullopt;
      if (!month || !week || *month < 1 || *month > 12 || *week < 1 || *week > 5 || !day || *day > 6) {
        return std::nullopt;
      }
      out.month = *month;
      out.week = *week;
    } else {
      out.form = take('J') ? ZoneRule::Form::julian : ZoneRule::Form::day_of_year;
      day = number();
      if (!day || *day > 365) return std::nullopt;
    }
    out.day = *day;
    if (take('/')) {
      const auto at = time();
      if (!at) return std::nullopt;
      out.time = *at;
    }
    return out;
  }

 private:
  std::string_view text_;
};

bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

// Local seconds since 1970 at which the rule acts in that year.
std::int64_t moment_of(const ZoneRule& rule, int year) {
  std::int64_t day = rule.day;
  if (rule.form == ZoneRule::Form::julian) {
    day = rule.day - 1 + (is_leap(year) && rule.day >= 60 ? 1 : 0);
  } else if (rule.form == ZoneRule::Form::month_week_day) {
    constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    const auto before = [&](int month) { return kBefore[month] + (month >= 2 && is_leap(year) ? 1 : 0); };
    const int first = before(rule.month - 1);
    const int days = before(rule.month) - first;
    const int weekday = civil(start_of_year(year) + first * kDay).weekday;
    int of_month = (rule.day - weekday + 7) % 7 + (rule.week - 1) * 7;
    if (of_month >= days) of_month -= 7;
    day = first + of_month;
  }
  return start_of_year(year) + day * kDay + rule.time;
}

}  // namespace

std::int32_t ZoneTail::offset(std::int64_t seconds) const {
  if (!changes) return standard;
  const int year = civil(seconds + standard).year;
  const std::int64_t from = moment_of(begin, year) - standard;
  const std::int64_t to = moment_of(end, year) - daylight;
  const bool summer = from < to ? (seconds >= from && seconds < to) : (seconds >= from || seconds < to);
  return summer ? daylight : standard;
}

std::int32_t Zone::offset(std::int64_t seconds) const {
  const auto next = std::upper_bound(changes.begin(), changes.end(), seconds,
                                     [](std::int64_t at, const Change& change) { return at < change.at; });
  if (next == changes.end() && tail) return tail->offset(seconds);
  return next == changes.begin() ? first : std::prev(next)->offset;
}

std::optional<ZoneTail> parse_zone_tail(std::string_view text) {
  TailParser in(text);
  ZoneTail out;
  if (!in.name()) return std::nullopt;
  const auto standard = in.time();
  if (!standard) return std::nullopt;
  out.standard = out.daylight = -*standard;
  if (in.done()) return out;
  if (!in.name()) return std::nullopt;
  out.daylight = out.standard + 3600;
  if (!in.take(',')) {
    const auto daylight = in.time();
    if (!daylight || !in.take(',')) return std::nullopt;
    out.daylight = -*daylight;
  }
  const auto begin = in.rule();
  if (!begin || !in.take(',')) return std::nullopt;
  const auto end = in.rule();
  if (!end || !in.done()) return std::nullopt;
  out.changes = true;
  out.begin = *begin;
  out.end = *end;
  return out;
}

std::optional<Zone> parse_tzif(std::string_view bytes) {
  Reader in(bytes);
  Header header;
  if (!read_header(in, header)) return std::nullopt;
  std::size_t time_size = 4;
  if (header.version >= '2') {  // the first part is for old readers; the second has 64-bit times
    in.take(header.body(4));
    if (!in.ok() || !read_header(in, header)) return std::nullopt;
    time_size = 8;
  }
  Zone zone;
  zone.changes.resize(header.changes);
  for (Zone::Change& change : zone.changes) {
    const std::uint64_t raw = in.number(time_size);
    change.at = time_size == 8 ? static_cast<std::int64_t>(raw) : static_cast<std::int32_t>(raw);
  }
  const std::string_view kinds = in.take(header.changes);
  std::vector<std::int32_t> offsets;
  for (std::uint32_t i = 0; i < header.types; ++i) {
    offsets.push_back(in.signed32());
    in.take(2);
  }
  in.take(header.body(time_size) - std::size_t{header.changes} * (time_size + 1) -
          std::size_t{header.types} * 6);
  if (!in.ok()) return std::nullopt;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto kind = static_cast<unsigned char>(kinds[i]);
    if (kind >= offsets.size()) return std::nullopt;
    zone.changes[i].offset = offsets[kind];
  }
  zone.first = offsets[0];
  if (time_size == 8 && in.take(1) == "\n") {
    const std::string_view rest = in.rest();
    const std::size_t end = rest.find('\n');
    if (end != std::string_view::npos) zone.tail = parse_zone_tail(rest.substr(0, end));
  }
  return zone;
}

}  // namespace bus::predicate
