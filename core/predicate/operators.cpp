// Unary and binary operators.
#include <cmath>
#include <cstring>

#include "core/predicate/compare.h"
#include "core/predicate/moment.h"
#include "core/predicate/program.h"
#include "core/predicate/sequence.h"

namespace bus::predicate {

namespace {

Value overflow(const Node& node) {
  return Value::fault(Fault::range, "result", node.at);
}
Value budget(const Node& node) {
  return Value::fault(Fault::budget, {}, node.at);
}

// The two operands, evaluated. `bad` is the first that is an error.
struct Pair {
  Pair(const Node& node, Context& context)
      : values{eval(*node.children[0], context), eval(*node.children[1], context)} {}
  const Value& a() const { return values[0]; }
  const Value& b() const { return values[1]; }
  bool failed() const { return a().is_error() || b().is_error(); }
  Value failure() const { return a().is_error() ? a() : b(); }
  bool are(Kind kind) const { return a().is(kind) && b().is(kind); }
  bool are(Kind first, Kind second) const { return a().is(first) && b().is(second); }

  Value values[2];
};

template <bool wanted>
Value run_equal(const Node& node, Context& context) {
  const Pair pair(node, context);
  if (pair.failed()) return pair.failure();
  return Value::boolean(equal(pair.a(), pair.b(), context.steps) == wanted);
}

template <Op op>
Value run_order(const Node& node, Context& context) {
  const Pair pair(node, context);
  if (pair.failed()) return pair.failure();
  const auto order = predicate::order(pair.a(), pair.b());
  if (!order) return no_overload(node, context, pair.values);
  if constexpr (op == Op::less) return Value::boolean(*order < 0);
  if constexpr (op == Op::less_equal) return Value::boolean(*order <= 0);
  if constexpr (op == Op::greater) return Value::boolean(*order > 0);
  if constexpr (op == Op::greater_equal) return Value::boolean(*order >= 0);
}

Value run_in(const Node& node, Context& context) {
  const Pair pair(node, context);
  if (pair.failed()) return pair.failure();
  if (pair.b().is(Kind::map)) {
    Value ignored;
    return Value::boolean(find(pair.b(), pair.a(), ignored, context.steps));
  }
  if (!pair.b().is(Kind::list)) return no_overload(node, context, pair.values);
  Sequence items(pair.b());
  for (Value item; items.next(item);) {
    if (--context.steps < 0) return budget(node);
    if (equal(pair.a(), item, context.steps)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value join_text(const Node& node, Context& context, const Value& a, const Value& b) {
  const std::size_t size = a.text().size() + b.text().size();
  char* at = context.allocate<char>(size);
  if (at == nullptr) return budget(node);
  if (!a.text().empty()) std::memcpy(at, a.text().data(), a.text().size());
  if (!b.text().empty()) std::memcpy(at + a.text().size(), b.text().data(), b.text().size());
  return a.is(Kind::string) ? Value::string({at, size}) : Value::bytes({at, size});
}

Value join_lists(const Node& node, Context& context, const Value& a, const Value& b) {
  const std::size_t size = a.size() + b.size();
  Value* items = context.allocate<Value>(size);
  if (items == nullptr) return budget(node);
  std::size_t count = 0;
  for (const Value* list : {&a, &b}) {
    Sequence walk(*list);
    while (walk.next(items[count])) ++count;
  }
  return Value::list({items, count});
}

Value moment(const Node& node, std::optional<Moment> at) {
  return at ? Value::timestamp(at->seconds, at->nanos) : overflow(node);
}
Moment moment_of(const Value& value) {
  return {value.seconds(), value.nanos()};
}

Value run_add(const Node& node, Context& context) {
  const Pair pair(node, context);
  const auto& [a, b] = pair.values;
  if (pair.are(Kind::integer)) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a.as_integer(), b.as_integer(), &sum) ? overflow(node)
                                                                        : Value::integer(sum);
  }
  if (pair.are(Kind::uinteger)) {
    std::uint64_t sum = 0;
    return __builtin_add_overflow(a.as_uinteger(), b.as_uinteger(), &sum) ? overflow(node)
                                                                          : Value::uinteger(sum);
  }
  if (pair.are(Kind::number)) return Value::number(a.as_number() + b.as_number());
  if (pair.are(Kind::string) || pair.are(Kind::bytes)) return join_text(node, context, a, b);
  if (pair.are(Kind::list)) return join_lists(node, context, a, b);
  if (pair.are(Kind::duration)) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a.nanoseconds(), b.nanoseconds(), &sum) ? overflow(node)
                                                                          : Value::duration(sum);
  }
  if (pair.are(Kind::timestamp, Kind::duration)) return moment(node, add(moment_of(a), b.nanoseconds()));
  if (pair.are(Kind::duration, Kind::timestamp)) return moment(node, add(moment_of(b), a.nanoseconds()));
  return no_overload(node, context, pair.values);
}

Value run_subtract(const Node& node, Context& context) {
  const Pair pair(node, context);
  const auto& [a, b] = pair.values;
  std::int64_t rest = 0;
  if (pair.are(Kind::integer)) {
    return __builtin_sub_overflow(a.as_integer(), b.as_integer(), &rest) ? overflow(node)
                                                                         : Value::integer(rest);
  }
  if (pair.are(Kind::uinteger)) {
    if (b.as_uinteger() > a.as_uinteger()) return overflow(node);
    return Value::uinteger(a.as_uinteger() - b.as_uinteger());
  }
  if (pair.are(Kind::number)) return Value::number(a.as_number() - b.as_number());
  if (pair.are(Kind::duration)) {
    return __builtin_sub_overflow(a.nanoseconds(), b.nanoseconds(), &rest) ? overflow(node)
                                                                           : Value::duration(rest);
  }
  if (pair.are(Kind::timestamp)) {
    const auto span = subtract(moment_of(a), moment_of(b));
    return span ? Value::duration(*span) : overflow(node);
  }
  if (pair.are(Kind::timestamp, Kind::duration)) {
    if (b.nanoseconds() == INT64_MIN) return overflow(node);
    return moment(node, add(moment_of(a), -b.nanoseconds()));
  }
  return no_overload(node, context, pair.values);
}

Value run_multiply(const Node& node, Context& context) {
  const Pair pair(node, context);
  const auto& [a, b] = pair.values;
  if (pair.are(Kind::integer)) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(a.as_integer(), b.as_integer(), &product) ? overflow(node)
                                                                            : Value::integer(product);
  }
  if (pair.are(Kind::uinteger)) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a.as_uinteger(), b.as_uinteger(), &product) ? overflow(node)
                                                                              : Value::uinteger(product);
  }
  if (pair.are(Kind::number)) return Value::number(a.as_number() * b.as_number());
  return no_overload(node, context, pair.values);
}

// Division and remainder.
template <bool quotient>
Value run_divide(const Node& node, Context& context) {
  const Pair pair(node, context);
  const auto& [a, b] = pair.values;
  const auto by_zero = [&] { return Value::fault(Fault::argument, "division by zero", node.at); };
  if (pair.are(Kind::integer)) {
    const std::int64_t x = a.as_integer();
    const std::int64_t y = b.as_integer();
    if (y == 0) return by_zero();
    if (x == INT64_MIN && y == -1) return overflow(node);
    return Value::integer(quotient ? x / y : x % y);
  }
  if (pair.are(Kind::uinteger)) {
    if (b.as_uinteger() == 0) return by_zero();
    return Value::uinteger(quotient ? a.as_uinteger() / b.as_uinteger() : a.as_uinteger() % b.as_uinteger());
  }
  if (quotient && pair.are(Kind::number)) {
    const double x = a.as_number();
    const double y = b.as_number();
    if (y != 0) return Value::number(x / y);
    if (x == 0 || std::isnan(x)) return Value::number(std::nan(""));
    return Value::number(std::signbit(x) == std::signbit(y) ? HUGE_VAL : -HUGE_VAL);
  }
  return no_overload(node, context, pair.values);
}

Value run_not(const Node& node, Context& context) {
  const Value value = eval(*node.children[0], context);
  if (value.is(Kind::boolean)) return Value::boolean(!value.as_boolean());
  return no_overload(node, context, {&value, 1});
}

Value run_negate(const Node& node, Context& context) {
  const Value value = eval(*node.children[0], context);
  if (value.is(Kind::number)) return Value::number(-value.as_number());
  if (!value.is(Kind::integer)) return no_overload(node, context, {&value, 1});
  return value.as_integer() == INT64_MIN ? overflow(node) : Value::integer(-value.as_integer());
}

}  // namespace

Run run_of_operator(Op op) {
  switch (op) {
    case Op::logical_not:
      return run_not;
    case Op::negate:
      return run_negate;
    case Op::equal:
      return run_equal<true>;
    case Op::not_equal:
      return run_equal<false>;
    case Op::less:
      return run_order<Op::less>;
    case Op::less_equal:
      return run_order<Op::less_equal>;
    case Op::greater:
      return run_order<Op::greater>;
    case Op::greater_equal:
      return run_order<Op::greater_equal>;
    case Op::in:
      return run_in;
    case Op::add:
      return run_add;
    case Op::subtract:
      return run_subtract;
    case Op::multiply:
      return run_multiply;
    case Op::divide:
      return run_divide<true>;
    case Op::remainder:
      return run_divide<false>;
    default:
      return nullptr;
  }
}

}  // namespace bus::predicate
