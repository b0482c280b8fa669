// The math functions.
#include <cmath>

#include "core/predicate/compare.h"
#include "core/predicate/functions/functions.h"
#include "core/predicate/sequence.h"

namespace bus::predicate::functions_of {

namespace {

Value on_double(const Call& call, double (*function)(double)) {
  return call.is(Kind::number) ? Value::number(function(call.args[0].as_number())) : call.no_overload();
}

Value on_double(const Call& call, bool (*function)(double)) {
  return call.is(Kind::number) ? Value::boolean(function(call.args[0].as_number())) : call.no_overload();
}

// Two ints or two uints; the bits are the same either way.
template <class Combine>
Value on_bits(const Call& call, Combine combine) {
  if (call.is(Kind::uinteger, Kind::uinteger)) {
    return Value::uinteger(combine(call.args[0].as_uinteger(), call.args[1].as_uinteger()));
  }
  if (!call.is(Kind::integer, Kind::integer)) return call.no_overload();
  return Value::integer(
      static_cast<std::int64_t>(combine(static_cast<std::uint64_t>(call.args[0].as_integer()),
                                        static_cast<std::uint64_t>(call.args[1].as_integer()))));
}

// The first argument moved by the second; nothing is left from 64 on.
template <class Move>
Value shift(const Call& call, Move move) {
  const Value& bits = call.args[0];
  if (!bits.is(Kind::integer) && !bits.is(Kind::uinteger)) return call.no_overload();
  if (!call.is(1, Kind::integer)) return call.no_overload();
  const std::int64_t by = call.args[1].as_integer();
  if (by < 0) return call.wrong("a shift cannot be negative");
  const bool is_signed = bits.is(Kind::integer);
  const std::uint64_t from = is_signed ? static_cast<std::uint64_t>(bits.as_integer()) : bits.as_uinteger();
  const std::uint64_t moved = by >= 64 ? 0 : move(from, static_cast<unsigned>(by));
  return is_signed ? Value::integer(static_cast<std::int64_t>(moved)) : Value::uinteger(moved);
}

// The greatest (wanted > 0) or least of the arguments, or of the one list. The first of equal ones stays.
Value extreme(const Call& call, int wanted) {
  const bool one_list = call.count() == 1 && call.is(0, Kind::list);
  const Value all = one_list ? call.args[0] : Value::list(call.args);
  if (!call.context.spend(all.size())) return call.exhausted();
  Sequence values(all);
  Value best;
  for (Value value; values.next(value);) {
    if (!value.is_numeric()) return call.no_overload();
    if (best.is(Kind::null)) {
      best = value;
      continue;
    }
    const auto order = predicate::order(value, best);
    if (wanted > 0 ? *order > 0 : *order < 0) best = value;
  }
  return best.is(Kind::null) ? call.wrong("an empty list has no greatest and no least") : best;
}

}  // namespace

Value math_abs(const Call& call) {
  const Value& of = call.args[0];
  if (of.is(Kind::uinteger)) return of;
  if (of.is(Kind::number)) return Value::number(std::fabs(of.as_number()));
  if (!of.is(Kind::integer)) return call.no_overload();
  if (of.as_integer() == INT64_MIN) return call.out_of_range("result");
  return Value::integer(of.as_integer() < 0 ? -of.as_integer() : of.as_integer());
}

Value math_sign(const Call& call) {
  const Value& of = call.args[0];
  if (of.is(Kind::uinteger)) return Value::uinteger(of.as_uinteger() > 0 ? 1 : 0);
  if (of.is(Kind::integer)) return Value::integer((of.as_integer() > 0) - (of.as_integer() < 0));
  if (!of.is(Kind::number)) return call.no_overload();
  const double number = of.as_number();
  return std::isnan(number) ? of : Value::number((number > 0) - (number < 0));
}

Value math_sqrt(const Call& call) {
  const Value& of = call.args[0];
  if (of.is(Kind::integer)) return Value::number(std::sqrt(static_cast<double>(of.as_integer())));
  if (of.is(Kind::uinteger)) return Value::number(std::sqrt(static_cast<double>(of.as_uinteger())));
  return of.is(Kind::number) ? Value::number(std::sqrt(of.as_number())) : call.no_overload();
}

Value math_ceil(const Call& call) {
  return on_double(call, std::ceil);
}
Value math_floor(const Call& call) {
  return on_double(call, std::floor);
}
Value math_round(const Call& call) {
  return on_double(call, std::round);
}
Value math_trunc(const Call& call) {
  return on_double(call, std::trunc);
}
Value math_is_finite(const Call& call) {
  return on_double(call, std::isfinite);
}
Value math_is_inf(const Call& call) {
  return on_double(call, std::isinf);
}
Value math_is_nan(const Call& call) {
  return on_double(call, std::isnan);
}
Value math_greatest(const Call& call) {
  return extreme(call, 1);
}
Value math_least(const Call& call) {
  return extreme(call, -1);
}

Value math_bit_and(const Call& call) {
  return on_bits(call, [](std::uint64_t a, std::uint64_t b) { return a & b; });
}
Value math_bit_or(const Call& call) {
  return on_bits(call, [](std::uint64_t a, std::uint64_t b) { return a | b; });
}
Value math_bit_xor(const Call& call) {
  return on_bits(call, [](std::uint64_t a, std::uint64_t b) { return a ^ b; });
}
Value math_bit_not(const Call& call) {
  if (call.is(Kind::integer)) return Value::integer(~call.args[0].as_integer());
  return call.is(Kind::uinteger) ? Value::uinteger(~call.args[0].as_uinteger()) : call.no_overload();
}
Value math_bit_shift_left(const Call& call) {
  return shift(call, [](std::uint64_t bits, unsigned by) { return bits << by; });
}
Value math_bit_shift_right(const Call& call) {
  return shift(call, [](std::uint64_t bits, unsigned by) { return bits >> by; });
}

}  // namespace bus::predicate::functions_of
