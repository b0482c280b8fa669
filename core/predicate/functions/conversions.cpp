// Conversions between types, and type().
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/text.h"
#include "core/predicate/functions/functions.h"
#include "core/predicate/moment.h"

namespace bus::predicate {

namespace {

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

// All of `text` as a number; a plus sign in front is allowed.
template <class Number>
bool read_number(std::string_view text, Number& out) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) return false;
  }
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, out);
  return failure == std::errc() && stop == end && !text.empty();
}

// "1.5e-03" as the significant digits and the exponent say it, in the form that is the shorter of %f and %e.
std::string shortest(double value, std::chars_format format) {
  std::array<char, 400> text;
  const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), value, format);
  return failure == std::errc() ? std::string(text.data(), end) : std::string();
}

std::string special(double value) {
  if (std::isnan(value)) return "NaN";
  return value < 0 ? "-Infinity" : "Infinity";
}

}  // namespace

std::string number_text(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "NaN" : (value < 0 ? "-Inf" : "+Inf");
  std::string text = shortest(value, std::chars_format::scientific);
  int exponent = 0;
  const std::string_view after = std::string_view(text).substr(text.find('e') + 1);
  read_number(after, exponent);
  constexpr int kSmallest = -4;
  constexpr int kLargest = 6;
  return exponent < kSmallest || exponent >= kLargest ? text : shortest(value, std::chars_format::fixed);
}

std::string plain_number_text(double value) {
  return std::isfinite(value) ? shortest(value, std::chars_format::fixed) : special(value);
}

namespace functions_of {

Value to_bool(const Call& call) {
  if (call.is(Kind::boolean)) return call.args[0];
  if (!call.is(Kind::string)) return call.no_overload();
  constexpr std::array<std::string_view, 5> kTrue = {"1", "t", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 5> kFalse = {"0", "f", "false", "FALSE", "False"};
  if (std::find(kTrue.begin(), kTrue.end(), call.text(0)) != kTrue.end()) return Value::boolean(true);
  if (std::find(kFalse.begin(), kFalse.end(), call.text(0)) != kFalse.end()) return Value::boolean(false);
  return call.wrong("the text is no bool");
}

Value to_bytes(const Call& call) {
  if (call.is(Kind::bytes)) return call.args[0];
  return call.is(Kind::string) ? Value::bytes(call.text(0)) : call.no_overload();
}

Value to_double(const Call& call) {
  const Value& from = call.args[0];
  if (from.is(Kind::number)) return from;
  if (from.is(Kind::integer)) return Value::number(static_cast<double>(from.as_integer()));
  if (from.is(Kind::uinteger)) return Value::number(static_cast<double>(from.as_uinteger()));
  if (!from.is(Kind::string)) return call.no_overload();
  double number = 0;
  return read_number(from.text(), number) ? Value::number(number) : call.wrong("the text is no double");
}

Value to_duration(const Call& call) {
  if (call.is(Kind::duration)) return call.args[0];
  if (!call.is(Kind::string)) return call.no_overload();
  const auto span = parse_span(call.text(0));
  return span ? Value::duration(*span) : call.wrong("the text is no duration, or one beyond 292 years");
}

Value to_dyn(const Call& call) {
  return call.args[0];
}

Value to_int(const Call& call) {
  const Value& from = call.args[0];
  switch (from.kind()) {
    case Kind::integer:
      return from;
    case Kind::uinteger:
      if (from.as_uinteger() > INT64_MAX) return call.out_of_range("int");
      return Value::integer(static_cast<std::int64_t>(from.as_uinteger()));
    case Kind::number:
      // The bounds are left out: a double that close has lost which integer it was.
      if (!(from.as_number() > -kTwo63 && from.as_number() < kTwo63)) return call.out_of_range("int");
      return Value::integer(static_cast<std::int64_t>(from.as_number()));
    case Kind::timestamp:
      return Value::integer(from.seconds());
    case Kind::string: {
      std::int64_t number = 0;
      return read_number(from.text(), number) ? Value::integer(number) : call.wrong("the text is no int");
    }
    default:
      return call.no_overload();
  }
}

Value to_uint(const Call& call) {
  const Value& from = call.args[0];
  switch (from.kind()) {
    case Kind::uinteger:
      return from;
    case Kind::integer:
      if (from.as_integer() < 0) return call.out_of_range("uint");
      return Value::uinteger(static_cast<std::uint64_t>(from.as_integer()));
    case Kind::number:
      if (!(from.as_number() >= 0 && from.as_number() < kTwo64)) return call.out_of_range("uint");
      return Value::uinteger(static_cast<std::uint64_t>(from.as_number()));
    case Kind::string: {
      std::uint64_t number = 0;
      return read_number(from.text(), number) ? Value::uinteger(number) : call.wrong("the text is no uint");
    }
    default:
      return call.no_overload();
  }
}

Value to_string(const Call& call) {
  const Value& from = call.args[0];
  switch (from.kind()) {
    case Kind::string:
      return from;
    case Kind::boolean:
      return Value::string(from.as_boolean() ? "true" : "false");
    case Kind::integer:
      return call.context.keep(std::to_string(from.as_integer()));
    case Kind::uinteger:
      return call.context.keep(std::to_string(from.as_uinteger()));
    case Kind::number:
      return call.context.keep(number_text(from.as_number()));
    case Kind::bytes:
      if (!call.context.spend_text(from.text().size())) return call.exhausted();
      return is_utf8(from.text()) ? Value::string(from.text()) : call.wrong("the bytes are not UTF-8");
    case Kind::timestamp:
      return call.context.keep(format_moment({from.seconds(), from.nanos()}));
    case Kind::duration:
      return call.context.keep(format_span(from.nanoseconds()));
    default:
      return call.no_overload();
  }
}

Value to_timestamp(const Call& call) {
  const Value& from = call.args[0];
  if (from.is(Kind::timestamp)) return from;
  if (from.is(Kind::integer)) {
    return in_range(from.as_integer()) ? Value::timestamp(from.as_integer(), 0)
                                       : call.out_of_range("timestamp");
  }
  if (!from.is(Kind::string)) return call.no_overload();
  const auto at = parse_moment(from.text());
  return at ? Value::timestamp(at->seconds, at->nanos) : call.wrong("the text is no RFC 3339 time in range");
}

Value type(const Call& call) {
  return Value::type(call.args[0].kind());
}

}  // namespace functions_of

}  // namespace bus::predicate
