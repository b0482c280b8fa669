#include "core/predicate/functions/functions.h"

#include <algorithm>
#include <array>

namespace bus::predicate {

namespace {

using namespace functions_of;
using enum Style;

// Sorted by name.
constexpr auto kFunctions = std::to_array<Function>({
    {"base64.decode", global, 1, 1, base64_decode},
    {"base64.encode", global, 1, 1, base64_encode},
    {"bool", global, 1, 1, to_bool},
    {"bytes", global, 1, 1, to_bytes},
    {"charAt", method, 2, 2, char_at},
    {"contains", method, 2, 2, contains},
    {"double", global, 1, 1, to_double},
    {"duration", global, 1, 1, to_duration},
    {"dyn", global, 1, 1, to_dyn},
    {"endsWith", method, 2, 2, ends_with},
    {"format", method, 2, 2, functions_of::format},
    {"getDate", method, 1, 2, get_date},
    {"getDayOfMonth", method, 1, 2, get_day_of_month},
    {"getDayOfWeek", method, 1, 2, get_day_of_week},
    {"getDayOfYear", method, 1, 2, get_day_of_year},
    {"getFullYear", method, 1, 2, get_full_year},
    {"getHours", method, 1, 2, get_hours},
    {"getMilliseconds", method, 1, 2, get_milliseconds},
    {"getMinutes", method, 1, 2, get_minutes},
    {"getMonth", method, 1, 2, get_month},
    {"getSeconds", method, 1, 2, get_seconds},
    {"indexOf", method, 2, 3, index_of},
    {"int", global, 1, 1, to_int},
    {"join", method, 1, 2, join},
    {"lastIndexOf", method, 2, 3, last_index_of},
    {"lowerAscii", method, 1, 1, functions_of::lower_ascii},
    {"matches", either, 2, 2, matches, prepare_matches},
    {"math.abs", global, 1, 1, math_abs},
    {"math.bitAnd", global, 2, 2, math_bit_and},
    {"math.bitNot", global, 1, 1, math_bit_not},
    {"math.bitOr", global, 2, 2, math_bit_or},
    {"math.bitShiftLeft", global, 2, 2, math_bit_shift_left},
    {"math.bitShiftRight", global, 2, 2, math_bit_shift_right},
    {"math.bitXor", global, 2, 2, math_bit_xor},
    {"math.ceil", global, 1, 1, math_ceil},
    {"math.floor", global, 1, 1, math_floor},
    {"math.greatest", global, 1, 255, math_greatest},
    {"math.isFinite", global, 1, 1, math_is_finite},
    {"math.isInf", global, 1, 1, math_is_inf},
    {"math.isNaN", global, 1, 1, math_is_nan},
    {"math.least", global, 1, 255, math_least},
    {"math.round", global, 1, 1, math_round},
    {"math.sign", global, 1, 1, math_sign},
    {"math.sqrt", global, 1, 1, math_sqrt},
    {"math.trunc", global, 1, 1, math_trunc},
    {"replace", method, 3, 4, functions_of::replace},
    {"reverse", method, 1, 1, functions_of::reverse},
    {"size", either, 1, 1, functions_of::size},
    {"split", method, 2, 3, functions_of::split},
    {"startsWith", method, 2, 2, starts_with},
    {"string", global, 1, 1, to_string},
    {"strings.quote", global, 1, 1, quote},
    {"substring", method, 2, 3, substring},
    {"timestamp", global, 1, 1, to_timestamp},
    {"trim", method, 1, 1, functions_of::trim},
    {"type", global, 1, 1, functions_of::type},
    {"uint", global, 1, 1, to_uint},
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
