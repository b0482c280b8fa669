// C++ layer: expressions of the user's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/host.hpp"
#include "bus/ext/expr.h"

namespace bus {
inline namespace sdk {

// Expressions over the same variables, compiled once and evaluated together on a document that is parsed
// once. add() on one thread; evaluate() on any, also at the same time.
class Expressions {
 public:
  // A variable's value in one evaluation.
  struct Value {
    static Value json(std::string_view text) { return {BUS_EXPR_JSON, text}; }
    static Value text(std::string_view text) { return {BUS_EXPR_TEXT, text}; }
    static Value none() { return {BUS_EXPR_NONE, {}}; }
    bus_expr_kind kind;
    std::string_view bytes;
  };
  struct Result {
    Status status;     // why not, with the column
    std::string json;  // the value
  };

  Expressions(Host host, std::vector<std::string> variables)
      : host_(host), table_(host.extension<bus_expr>(BUS_EXT_EXPR)), variables_(std::move(variables)) {}
  Expressions(const Expressions&) = delete;
  Expressions& operator=(const Expressions&) = delete;
  ~Expressions() {
    for (const std::uint64_t id : ids_) table_->release(host_.c()->self, id);
  }

  // The next one; its place is size() - 1. Code::invalid says what is wrong, and in which column.
  Status add(std::string_view source) {
    if (table_ == nullptr) return absent();
    std::vector<bus_text> names;
    names.reserve(variables_.size());
    for (const std::string& name : variables_) names.push_back(sdk::text(name));
    bus_error error = empty_error();
    std::uint64_t id = 0;
    const std::int32_t code =
        table_->compile(host_.c()->self, sdk::text(source), names.data(), names.size(), &id, &error);
    if (code == BUS_OK) ids_.push_back(id);
    return status_of(code, error);
  }
  std::size_t size() const { return ids_.size(); }

  // All of them, in their order, with a value for each variable. An error: a value was no JSON.
  Status evaluate(std::initializer_list<Value> values, std::vector<Result>& results) const {
    results.clear();
    if (table_ == nullptr) return absent();
    std::vector<bus_expr_value> given;
    given.reserve(values.size());
    for (const Value& value : values)
      given.push_back(
          {sizeof(bus_expr_value), static_cast<std::uint32_t>(value.kind), sdk::text(value.bytes)});
    results.reserve(ids_.size());
    bus_error error = empty_error();
    const std::int32_t code = table_->evaluate(host_.c()->self, ids_.data(), ids_.size(), given.data(),
                                               given.size(), &Expressions::take, &results, &error);
    return status_of(code, error);
  }

 private:
  static Status absent() { return {Code::unavailable, "the host evaluates no expressions"}; }
  static void take(void* argument, std::size_t, std::int32_t code, bus_text result) {
    auto& results = *static_cast<std::vector<Result>*>(argument);
    std::string text(view(result));
    if (code == BUS_OK) {
      results.push_back({{}, std::move(text)});
    } else {
      results.push_back({Status(static_cast<Code>(code), std::move(text)), {}});
    }
  }

  Host host_;
  const bus_expr* table_;
  std::vector<std::string> variables_;
  std::vector<std::uint64_t> ids_;
};

}  // namespace sdk
}  // namespace bus
