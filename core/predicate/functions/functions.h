// The functions that predicates can call: one table of all of them, and what their implementations share.
//
// A family of functions is one file in this folder; PREDICATES.md has a section for each. Operators and
// macros are not here: they are operators.cpp and macros.cpp above.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/predicate/program.h"

namespace bus::predicate {

// One call with its arguments evaluated; the target of a method is the first.
struct Call {
  Context& context;
  const Node& node;
  std::span<const Value> args;

  std::size_t count() const { return args.size(); }
  bool is(std::size_t at, Kind kind) const { return args[at].is(kind); }
  bool is(Kind first) const { return args.size() == 1 && is(0, first); }
  bool is(Kind first, Kind second) const { return args.size() == 2 && is(0, first) && is(1, second); }
  std::string_view text(std::size_t at) const { return args[at].text(); }

  Value no_overload() const { return predicate::no_overload(node, context, args); }
  // `why` must live for ever, or in the arena.
  Value wrong(std::string_view why) const { return Value::fault(Fault::argument, why, node.at); }
  Value out_of_range(std::string_view what) const { return Value::fault(Fault::range, what, node.at); }
  Value exhausted() const { return Value::fault(Fault::budget, {}, node.at); }
};

enum class Style : std::uint8_t { global, method, either };

struct Function {
  std::string_view name;  // with its namespace: "math.abs"
  Style style;
  std::uint8_t least, most;  // arguments, the target of a method included
  Value (*call)(const Call&);
  // Makes what the call can use from arguments that are constants (null for the others); null if there is
  // nothing.
  Result<std::shared_ptr<const void>> (*prepare)(std::span<const Node* const> args) = nullptr;
};

std::span<const Function> functions();
// Null if there is none of that name and style.
const Function* function_named(std::string_view name, Style style);

// The families.
namespace functions_of {
// collections.cpp
Value size(const Call& call);
// conversions.cpp
Value to_bool(const Call& call);
Value to_bytes(const Call& call);
Value to_double(const Call& call);
Value to_duration(const Call& call);
Value to_dyn(const Call& call);
Value to_int(const Call& call);
Value to_string(const Call& call);
Value to_timestamp(const Call& call);
Value to_uint(const Call& call);
Value type(const Call& call);
// encoders.cpp
Value base64_decode(const Call& call);
Value base64_encode(const Call& call);
// format.cpp
Value format(const Call& call);
// matches.cpp
Value matches(const Call& call);
Result<std::shared_ptr<const void>> prepare_matches(std::span<const Node* const> args);
// math.cpp
Value math_abs(const Call& call);
Value math_bit_and(const Call& call);
Value math_bit_not(const Call& call);
Value math_bit_or(const Call& call);
Value math_bit_shift_left(const Call& call);
Value math_bit_shift_right(const Call& call);
Value math_bit_xor(const Call& call);
Value math_ceil(const Call& call);
Value math_floor(const Call& call);
Value math_greatest(const Call& call);
Value math_is_finite(const Call& call);
Value math_is_inf(const Call& call);
Value math_is_nan(const Call& call);
Value math_least(const Call& call);
Value math_round(const Call& call);
Value math_sign(const Call& call);
Value math_sqrt(const Call& call);
Value math_trunc(const Call& call);
// string_search.cpp
Value char_at(const Call& call);
Value contains(const Call& call);
Value ends_with(const Call& call);
Value index_of(const Call& call);
Value last_index_of(const Call& call);
Value starts_with(const Call& call);
Value substring(const Call& call);
// string_change.cpp
Value join(const Call& call);
Value lower_ascii(const Call& call);
Value quote(const Call& call);
Value replace(const Call& call);
Value reverse(const Call& call);
Value split(const Call& call);
Value trim(const Call& call);
Value upper_ascii(const Call& call);
// time.cpp
Value get_date(const Call& call);
Value get_day_of_month(const Call& call);
Value get_day_of_week(const Call& call);
Value get_day_of_year(const Call& call);
Value get_full_year(const Call& call);
Value get_hours(const Call& call);
Value get_milliseconds(const Call& call);
Value get_minutes(const Call& call);
Value get_month(const Call& call);
Value get_seconds(const Call& call);
}  // namespace functions_of

// Text helpers of several families.
std::string number_text(double value);  // shortest, with an exponent for the very large and small: "1e+06"
std::string plain_number_text(
    double value);  // shortest, never with an exponent; "NaN", "Infinity", "-Infinity"
std::string encode_base64(std::string_view bytes);
bool decode_base64(std::string_view text, std::string& out);

}  // namespace bus::predicate
