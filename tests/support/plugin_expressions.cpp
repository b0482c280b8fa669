#include "tests/support/plugin_expressions.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/predicate/expression.h"

namespace bus::testing {

const bus_expr* plugin_expressions() {
  static std::deque<predicate::Expression> all;  // number i is the expression i + 1
  static const bus_expr kTable = {
      sizeof(bus_expr), 0,
      [](void*, bus_text source, const bus_text* variables, std::size_t count, std::uint64_t* expression,
         bus_error* error) -> std::int32_t {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < count; ++i) names.emplace_back(variables[i].ptr, variables[i].len);
        auto made = predicate::Expression::compile({source.ptr, source.len}, names);
        if (!made) {
          if (error != nullptr) error->message[made.error().message.copy(error->message, 239)] = '\0';
          return BUS_INVALID;
        }
        all.push_back(std::move(*made));
        *expression = all.size();
        return BUS_OK;
      },
      [](void*, const std::uint64_t* expressions, std::size_t expression_count, const bus_expr_value* values,
         std::size_t value_count, void (*take)(void*, std::size_t, std::int32_t, bus_text), void* argument,
         bus_error*) -> std::int32_t {
        std::deque<json::Document> documents;
        std::vector<predicate::Argument> arguments(value_count);
        for (std::size_t i = 0; i < value_count; ++i) {
          const std::string_view text(values[i].text.ptr, values[i].text.len);
          if (values[i].kind == BUS_EXPR_TEXT) arguments[i].text = text;
          if (values[i].kind != BUS_EXPR_JSON) continue;
          const auto root = documents.emplace_back().parse(text);
          if (!root) return BUS_INVALID;
          arguments[i].json = *root;
        }
        for (std::size_t i = 0; i < expression_count; ++i) {
          const auto value = all[expressions[i] - 1].evaluate(arguments);
          const std::string result = value ? *value : value.error().message;
          take(argument, i, value ? BUS_OK : BUS_INVALID, {result.data(), result.size()});
        }
        return BUS_OK;
      },
      [](void*, std::uint64_t) {}};
  return &kTable;
}

}  // namespace bus::testing
