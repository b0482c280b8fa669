// ULIDs (github.com/ulid/spec): 48 bits of milliseconds and 80 random bits, 26 Crockford base32 characters.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace bus {
inline namespace base {

struct Ulid {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Ulid&, const Ulid&) = default;

  bool is_zero() const { return *this == Ulid{}; }
  std::int64_t milliseconds() const;
  std::string text() const;
  void append_to(std::string& out) const;
  // 26 Crockford characters (either case), at most 7ZZZ…; nullopt otherwise.
  static std::optional<Ulid> parse(std::string_view text);
  // The smallest ULID of that millisecond.
  static Ulid lowest_of(Time time);
};

// Makes ULIDs that only grow: within a millisecond, and also when the clock goes back. One thread at a time.
class UlidMaker {
 public:
  // Continues after `last` (zero for a new log).
  explicit UlidMaker(Ulid last = {}) : last_(last) {}
  Ulid next(Time now);

 private:
  Ulid last_;
};

}  // namespace base
}  // namespace bus
