#include "core/predicate/functions/functions.h"

#include <algorithm>
#include <array>

namespace bus::predicate {

namespace {

using namespace functions_of;
using enum Style;

// f(x)
constexpr Function unary(std::string_view name, Value (*call)(const Call&)) {
  return {name, global, 1, 1, call};
}
// t.getX(), t.getX(zone)
constexpr Function accessor(std::string_view name, Value (*call)(const Call&)) {
  return {name, method, 1, 2, call};
}

// Sorted by name.
constexpr auto kFunctions = std::to_array<Function>({
    unary("base64.decode", base64_decode),
    unary("base64.encode", base64_encode),
    unary("bool", to_bool),
    unary("bytes", to_bytes),
    {"charAt", method, 2, 2, char_at},
    {"contains", method, 2, 2, contains},
    unary("double", to_double),
    unary("duration", to_duration),
    unary("dyn", to_dyn),
    {"endsWith", method, 2, 2, ends_with},
    {"format", method, 2, 2, functions_of::format},
    accessor("getDate", get_date),
    accessor("getDayOfMonth", get_day_of_month),
    accessor("getDayOfWeek", get_day_of_week),
    accessor("getDayOfYear", get_day_of_year),
    accessor("getFullYear", get_full_year),
    accessor("getHours", get_hours),
    accessor("getMilliseconds", get_milliseconds),
    accessor("getMinutes", get_minutes),
    accessor("getMonth", get_month),
    accessor("getSeconds", get_seconds),
    {"indexOf", method, 2, 3, index_of},
    unary("int", to_int),
    {"join", method, 1, 2, join},
    {"lastIndexOf", method, 2, 3, last_index_of},
    {"lowerAscii", method, 1, 1, functions_of::lower_ascii},
    {"matches", either, 2, 2, matches, prepare_matches},
    unary("math.abs", math_abs),
    {"math.bitAnd", global, 2, 2, math_bit_and},
    unary("math.bitNot", math_bit_not),
    {"math.bitOr", global, 2, 2, math_bit_or},
    {"math.bitShiftLeft", global, 2, 2, math_bit_shift_left},
    {"math.bitShiftRight", global, 2, 2, math_bit_shift_right},
    {"math.bitXor", global, 2, 2, math_bit_xor},
    unary("math.ceil", math_ceil),
    unary("math.floor", math_floor),
    {"math.greatest", global, 1, 255, math_greatest},
    unary("math.isFinite", math_is_finite),
    unary("math.isInf", math_is_inf),
    unary("math.isNaN", math_is_nan),
    {"math.least", global, 1, 255, math_least},
    unary("math.round", math_round),
    unary("math.sign", math_sign),
    unary("math.sqrt", math_sqrt),
    unary("math.trunc", math_trunc),
    {"replace", method, 3, 4, functions_of::replace},
    {"reverse", method, 1, 1, functions_of::reverse},
    {"size", either, 1, 1, functions_of::size},
    {"split", method, 2, 3, functions_of::split},
    {"startsWith", method, 2, 2, starts_with},
    unary("string", to_string),
    unary("strings.quote", quote),
    {"substring", method, 2, 3, substring},
    unary("timestamp", to_timestamp),
    {"trim", method, 1, 1, functions_of::trim},
    unary("type", functions_of::type),
    unary("uint", to_uint),
    {"upperAscii", method, 1, 1, upper_ascii},
});
static_assert(std::is_sorted(kFunctions.begin(), kFunctions.end(),
                             [](const Function& a, const Function& b) { return a.name < b.name; }));

}  // namespace

std::span<const Function> functions() {
  return kFunctions;
}

const Function* function_named(std::string_view name, Style style) {
  const auto found =
      std::lower_bound(kFunctions.begin(), kFunctions.end(), name,
                       [](const Function& function, std::string_view key) { return function.name < key; });
  if (found == kFunctions.end() || found->name != name) return nullptr;
  return found->style == either || found->style == style ? &*found : nullptr;
}

}  // namespace bus::predicate
