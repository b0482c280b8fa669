// bus.expr/1: the C table over Expressions.
#include "core/plugin/expr_api.h"

#include <deque>

#include "core/base/text.h"
#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kMaxVariables = 64;

// The values of the variables, and what they point into.
struct Arguments {
  std::deque<json::Document> documents;
  std::vector<predicate::Argument> all;
};

Status read_values(const bus_expr_value* values, std::size_t count, Arguments& out) {
  if (count > kMaxVariables || (count != 0 && (values == nullptr || values->size < sizeof *values)))
    return error(Code::invalid, "at most 64 values must be given");
  const char* at = reinterpret_cast<const char*>(values);
  for (std::size_t i = 0; i < count; ++i, at += values->size) {
    const auto& value = *reinterpret_cast<const bus_expr_value*>(at);
    const std::string who = "value " + std::to_string(i);
    if (value.kind == BUS_EXPR_NONE) {
      out.all.push_back({});
    } else if (value.kind == BUS_EXPR_TEXT) {
      if (!is_utf8(view(value.text))) return error(Code::invalid, who + " is not UTF-8");
      out.all.push_back({{}, view(value.text)});
    } else if (value.kind == BUS_EXPR_JSON) {
      auto root = out.documents.emplace_back().parse(view(value.text));
      if (!root) return std::move(root).error().in(who);
      out.all.push_back({*root});
    } else {
      return error(Code::invalid, who + " is of an unknown kind");
    }
  }
  return Ok{};
}

std::int32_t compile(void* self, bus_text source, const bus_text* variables, std::size_t count,
                     std::uint64_t* expression, bus_error* error) {
  return guarded(error, [&] {
    return compile_expression(instance_of(self).expressions(), source, variables, count, expression);
  });
}

std::int32_t evaluate(void* self, const std::uint64_t* expressions, std::size_t expression_count,
                      const bus_expr_value* values, std::size_t value_count,
                      void (*take)(void*, std::size_t, std::int32_t, bus_text), void* argument,
                      bus_error* error) {
  return guarded(error, [&] {
    return evaluate_expressions(instance_of(self).expressions(),
                                {expressions, expression_count, values, value_count}, take, argument);
  });
}

void release(void* self, std::uint64_t expression) {
  quietly([&] { instance_of(self).expressions().remove(expression); });
}

}  // namespace

Status compile_expression(Expressions& expressions, bus_text source, const bus_text* variables,
                          std::size_t count, std::uint64_t* expression) {
  if (expression == nullptr || count > kMaxVariables || (count != 0 && variables == nullptr))
    return error(Code::invalid, "expression and at most 64 variables must be given");
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(view(variables[i]));
  return hand_over(expressions.add(view(source), names), expression);
}

Status evaluate_expressions(const Expressions& expressions, const ExprCall& call,
                            void (*take)(void*, std::size_t, std::int32_t, bus_text), void* argument) {
  if (take == nullptr || (call.expression_count != 0 && call.expressions == nullptr))
    return error(Code::invalid, "expressions and take must be given");
  std::vector<predicate::Expression> all;
  all.reserve(call.expression_count);
  for (std::size_t i = 0; i < call.expression_count; ++i) {
    auto found = expressions.find(call.expressions[i]);
    if (!found) return std::move(found).error();
    if (found->variables() != call.value_count)
      return error(Code::invalid, "there must be a value for each variable");
    all.push_back(std::move(*found));
  }
  Arguments arguments;
  if (Status read = read_values(call.values, call.value_count, arguments); !read) return read;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto result = all[i].evaluate(arguments.all);
    take(argument, i, result ? std::int32_t{BUS_OK} : std::int32_t{BUS_INVALID},
         text_of(result ? *result : result.error().message));
  }
  return Ok{};
}

const bus_expr kExprTable = {sizeof(bus_expr), 0, &compile, &evaluate, &release};

}  // namespace bus::plugin
