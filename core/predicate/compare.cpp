#include "core/predicate/compare.h"

#include <limits>
#include <utility>

#include "core/predicate/sequence.h"

namespace bus::predicate {

namespace {

constexpr double kTwo63 = 9223372036854775808.0;
// Work that counts as one step of an evaluation.
constexpr std::size_t kBytesPerStep = 64;
constexpr std::size_t kEntriesPerStep = 8;

constexpr double kTwo64 = 18446744073709551616.0;

std::partial_ordering compare(std::int64_t a, double b) {
  if (b < -kTwo63) return std::partial_ordering::greater;
  if (b > kTwo63) return std::partial_ordering::less;
  return static_cast<double>(a) <=> b;
}

std::partial_ordering compare(std::uint64_t a, double b) {
  if (b < 0) return std::partial_ordering::greater;
  if (b > kTwo64) return std::partial_ordering::less;
  return static_cast<double>(a) <=> b;
}

std::partial_ordering compare(std::int64_t a, std::uint64_t b) {
  if (std::cmp_less(a, b)) return std::partial_ordering::less;
  return std::cmp_equal(a, b) ? std::partial_ordering::equivalent : std::partial_ordering::greater;
}

std::partial_ordering reverse(std::partial_ordering order) {
  return 0 <=> order;
}

// REQUIRES: both are numeric.
std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (a.kind() == b.kind()) {
    if (a.is(Kind::integer)) return a.as_integer() <=> b.as_integer();
    if (a.is(Kind::uinteger)) return a.as_uinteger() <=> b.as_uinteger();
    return a.as_number() <=> b.as_number();
  }
  if (a.is(Kind::integer)) {
    return b.is(Kind::number) ? compare(a.as_integer(), b.as_number())
                              : compare(a.as_integer(), b.as_uinteger());
  }
  if (a.is(Kind::uinteger) && b.is(Kind::number)) return compare(a.as_uinteger(), b.as_number());
  return reverse(compare_numbers(b, a));
}

bool equal_lists(const Value& a, const Value& b, std::int64_t& steps) {
  if (a.size() != b.size()) return false;
  Sequence left(a);
  Sequence right(b);
  for (Value x, y; left.next(x) && right.next(y);) {
    if (--steps < 0 || !equal(x, y, steps)) return false;
  }
  return true;
}

bool equal_maps(const Value& a, const Value& b, std::int64_t& steps) {
  if (a.size() != b.size()) return false;
  Sequence left(a);
  for (Value key, mine, other; left.next(key, mine);) {
    if (--steps < 0 || !find(b, key, other, steps) || !equal(mine, other, steps)) return false;
  }
  return true;
}

}  // namespace

bool equal(const Value& a, const Value& b, std::int64_t& steps) {
  if (a.kind() != b.kind()) return a.is_numeric() && b.is_numeric() && compare_numbers(a, b) == 0;
  switch (a.kind()) {
    case Kind::error:
      return false;
    case Kind::null:
      return true;
    case Kind::boolean:
      return a.as_boolean() == b.as_boolean();
    case Kind::integer:
    case Kind::uinteger:
    case Kind::number:
      return compare_numbers(a, b) == 0;
    case Kind::string:
    case Kind::bytes:
      if (a.text().size() != b.text().size()) return false;
      steps -= static_cast<std::int64_t>(a.text().size() / kBytesPerStep);
      return a.text() == b.text();
    case Kind::list:
      return equal_lists(a, b, steps);
    case Kind::map:
      return equal_maps(a, b, steps);
    case Kind::timestamp:
      return a.seconds() == b.seconds() && a.nanos() == b.nanos();
    case Kind::duration:
      return a.nanoseconds() == b.nanoseconds();
    case Kind::type:
      return a.as_type() == b.as_type();
  }
  return false;
}

std::optional<std::partial_ordering> order(const Value& a, const Value& b) {
  if (a.is_numeric() && b.is_numeric()) return compare_numbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::boolean:
      return a.as_boolean() <=> b.as_boolean();
    case Kind::string:
    case Kind::bytes:
      return a.text() <=> b.text();  // UTF-8 bytes order as their code points do
    case Kind::timestamp:
      return std::pair(a.seconds(), a.nanos()) <=> std::pair(b.seconds(), b.nanos());
    case Kind::duration:
      return a.nanoseconds() <=> b.nanoseconds();
    default:
      return std::nullopt;
  }
}

bool find(const Value& map, std::string_view key, Value& found, std::int64_t& steps) {
  steps -= static_cast<std::int64_t>(map.size() / kEntriesPerStep);
  if (map.is_json()) {
    const json::Node node = map.node()[key];
    if (!node.exists()) return false;
    found.become_json(node);
    return true;
  }
  for (const Entry& entry : map.entries()) {
    if (entry.key.is(Kind::string) && entry.key.text() == key) {
      found = entry.value;
      return true;
    }
  }
  return false;
}

bool find(const Value& map, const Value& key, Value& found, std::int64_t& steps) {
  if (key.is(Kind::string)) return find(map, key.text(), found, steps);
  if (map.is_json()) return false;
  steps -= static_cast<std::int64_t>(map.size() / kEntriesPerStep);
  for (const Entry& entry : map.entries()) {
    if (equal(entry.key, key, steps)) {
      found = entry.value;
      return true;
    }
  }
  return false;
}

}  // namespace bus::predicate
