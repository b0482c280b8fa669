// Value: what a CEL expression computes. Three words, copied freely, owning nothing.
//
// Text, lists and maps point into the event, its parsed JSON, the predicate's constants or the arena of the
// evaluation, and are valid as long as those are. JSON arrays and objects stay JSON: nothing is converted
// before somebody asks for an element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>

#include "core/json/reader.h"

namespace bus::predicate {

// The CEL types; `error` is the result of an expression that has none.
enum class Kind : std::uint8_t {
  error,
  null,
  boolean,
  integer,
  uinteger,
  number,
  string,
  bytes,
  list,
  map,
  timestamp,
  duration,
  type,
};

// CEL's name of the type: "int", "null_type", "google.protobuf.Timestamp", …
std::string_view type_name(Kind kind);

// Why an expression has no value. The detail of the error names the field, the function or the reason.
enum class Fault : std::uint8_t {
  no_variable,  // detail: its name
  no_function,  // detail: its name
  no_field,     // detail: the member that is missing
  no_overload,  // detail: the operator or function that is not defined for these types
  range,        // detail: what went beyond its bounds
  argument,     // detail: what is wrong, in words
  budget,       // the evaluation took too many steps
};

struct Entry;

class Value {
 public:
  Value() : payload_(0) {}

  static Value null() { return {}; }
  static Value boolean(bool value) { return Value(Kind::boolean, Payload(std::int64_t{value})); }
  static Value integer(std::int64_t value) { return Value(Kind::integer, Payload(value)); }
  static Value uinteger(std::uint64_t value) { return Value(Kind::uinteger, Payload(value)); }
  static Value number(double value) { return Value(Kind::number, Payload(value)); }
  static Value string(std::string_view text) { return Value(Kind::string, Payload(text)); }
  static Value bytes(std::string_view text) { return Value(Kind::bytes, Payload(text)); }
  static Value list(std::span<const Value> items) {
    return Value(Kind::list, Payload(items.data(), items.size()));
  }
  static Value map(std::span<const Entry> entries);
  static Value type(Kind kind) { return Value(Kind::type, Payload(static_cast<std::int64_t>(kind))); }
  // REQUIRES: the second is within the years 0001 to 9999 and 0 <= nanos < 1e9.
  static Value timestamp(std::int64_t seconds, std::uint32_t nanos) {
    Value value(Kind::timestamp, Payload(seconds));
    value.extra_ = nanos;
    return value;
  }
  static Value duration(std::int64_t nanoseconds) { return Value(Kind::duration, Payload(nanoseconds)); }
  // `detail` must live as long as the value.
  static Value fault(Fault fault, std::string_view detail, std::uint16_t at = 0) {
    Value value(Kind::error, Payload(detail));
    value.fault_ = fault;
    value.extra_ = at;
    return value;
  }
  // The CEL value of a JSON value: integers are int (uint above the largest int64), other numbers double.
  // REQUIRES: node.exists().
  static Value json(json::Node node);
  // The same, made in place: assigning three fresh words would wait for each of them.
  void become_json(json::Node node) { ::new (static_cast<void*>(this)) Value(json(node)); }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_error() const { return kind_ == Kind::error; }
  bool is_true() const { return kind_ == Kind::boolean && payload_.word.integer != 0; }
  bool is_false() const { return kind_ == Kind::boolean && payload_.word.integer == 0; }
  bool is_numeric() const { return kind_ >= Kind::integer && kind_ <= Kind::number; }

  // Each REQUIRES that kind() is the one it is named after.
  bool as_boolean() const { return payload_.word.integer != 0; }
  std::int64_t as_integer() const { return payload_.word.integer; }
  std::uint64_t as_uinteger() const { return payload_.word.uinteger; }
  double as_number() const { return payload_.word.number; }
  std::string_view text() const { return {payload_.word.text, payload_.word.size}; }  // string or bytes
  std::int64_t seconds() const { return payload_.word.integer; }                      // timestamp
  std::uint32_t nanos() const { return extra_; }                                      // timestamp
  std::int64_t nanoseconds() const { return payload_.word.integer; }                  // duration
  Kind as_type() const { return static_cast<Kind>(payload_.word.integer); }

  // Lists and maps are held in one of two ways.
  bool is_json() const { return json_; }
  json::Node node() const { return payload_.node; }  // is_json()
  std::span<const Value> items() const { return {payload_.word.items, payload_.word.size}; }
  std::span<const Entry> entries() const;
  std::size_t size() const { return json_ ? payload_.node.size() : payload_.word.size; }

  Fault fault() const { return fault_; }
  std::string_view detail() const { return {payload_.word.text, payload_.word.size}; }
  std::uint16_t at() const { return static_cast<std::uint16_t>(extra_); }  // byte of the source, for errors

 private:
  struct Word {
    union {
      std::int64_t integer;
      std::uint64_t uinteger;
      double number;
      const char* text;
      const Value* items;
      const Entry* entries;
    };
    std::size_t size;
  };
  union Payload {
    explicit Payload(std::int64_t value) : word{{.integer = value}, 0} {}
    explicit Payload(std::uint64_t value) : word{{.uinteger = value}, 0} {}
    explicit Payload(double value) : word{{.number = value}, 0} {}
    explicit Payload(int value) : Payload(std::int64_t{value}) {}
    explicit Payload(std::string_view value) : word{{.text = value.data()}, value.size()} {}
    Payload(const Value* items, std::size_t size) : word{{.items = items}, size} {}
    Payload(const Entry* entries, std::size_t size) : word{{.entries = entries}, size} {}
    explicit Payload(json::Node value) : node(value) {}
    Word word;
    json::Node node;
  };
  Value(Kind kind, Payload payload) : kind_(kind), payload_(payload) {}

  Kind kind_ = Kind::null;
  Fault fault_ = Fault::no_field;
  bool json_ = false;
  std::uint32_t extra_ = 0;
  Payload payload_;
};

// A member of a map. Keys are bool, int, uint or string.
struct Entry {
  Value key;
  Value value;
};

inline Value Value::map(std::span<const Entry> entries) {
  return Value(Kind::map, Payload(entries.data(), entries.size()));
}
inline std::span<const Entry> Value::entries() const {
  return {payload_.word.entries, payload_.word.size};
}

}  // namespace bus::predicate
