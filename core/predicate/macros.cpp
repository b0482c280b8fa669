#include "core/predicate/macros.h"

#include <array>
#include <utility>

#include "core/predicate/lexer.h"

namespace bus::predicate {

namespace {

struct Macro {
  std::string_view name;
  Loop loop;
  std::size_t variables;  // how many names come first
  bool filter;            // true: a filter may stand before the body
};

// By the number of arguments a name can mean two macros: all(x, p) and all(i, x, p).
constexpr std::array<Macro, 13> kMacros = {{{"all", Loop::all, 1, false},
                                            {"all", Loop::all, 2, false},
                                            {"exists", Loop::exists, 1, false},
                                            {"exists", Loop::exists, 2, false},
                                            {"exists_one", Loop::exists_one, 1, false},
                                            {"exists_one", Loop::exists_one, 2, false},
                                            {"existsOne", Loop::exists_one, 1, false},
                                            {"existsOne", Loop::exists_one, 2, false},
                                            {"filter", Loop::filter, 1, false},
                                            {"map", Loop::map, 1, true},
                                            {"transformList", Loop::transform_list, 2, true},
                                            {"transformMap", Loop::transform_map, 2, true},
                                            {"transformMapEntry", Loop::transform_map_entry, 2, true}}};

const Macro* macro_for(std::string_view name, std::size_t arguments) {
  for (const Macro& macro : kMacros) {
    const std::size_t least = macro.variables + 1;
    if (macro.name == name && (arguments == least || (macro.filter && arguments == least + 1))) return &macro;
  }
  return nullptr;
}

Status take_variables(std::string_view source, Expr& call, std::size_t first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Expr& name = *call.children[first + i];
    if (name.form != Form::identifier || name.rooted) {
      return error_at(source, name.begin, call.text + "() wants the name of a variable here");
    }
    call.variables.push_back(name.text);
  }
  if (count == 2 && call.variables[0] == call.variables[1]) {
    return error_at(source, call.at, "the two variables of " + call.text + "() have one name");
  }
  const auto at = call.children.begin() + static_cast<std::ptrdiff_t>(first);
  call.children.erase(at, at + static_cast<std::ptrdiff_t>(count));
  return Ok{};
}

Status expand_has(std::string_view source, Expr& call) {
  if (call.children.size() != 1 || call.children[0]->form != Form::select) {
    return error_at(source, call.at, "has() wants one field selection", "write has(data.name)");
  }
  ExprPtr select = std::move(call.children[0]);
  call.form = Form::has;
  call.text = std::move(select->text);
  call.children = std::move(select->children);
  return Ok{};
}

// cel.bind(name, value, expression)
Status expand_bind(std::string_view source, Expr& call) {
  call.children.erase(call.children.begin());
  if (auto status = take_variables(source, call, 0, 1); !status) return status;
  call.form = Form::loop;
  call.loop = Loop::bind;
  return Ok{};
}

}  // namespace

std::span<const std::string_view> macro_names() {
  static constexpr std::array<std::string_view, 11> kNames = {
      "has",    "all",           "exists",       "exists_one",        "existsOne", "map",
      "filter", "transformList", "transformMap", "transformMapEntry", "cel.bind"};
  return kNames;
}

Status expand_macro(std::string_view source, Expr& call) {
  if (call.form == Form::call) return call.text == "has" ? expand_has(source, call) : Ok{};
  const Expr& target = *call.children[0];
  if (call.text == "bind" && target.form == Form::identifier && target.text == "cel" &&
      call.children.size() == 4) {
    return expand_bind(source, call);
  }
  const Macro* macro = macro_for(call.text, call.children.size() - 1);
  if (macro == nullptr) return Ok{};
  if (auto status = take_variables(source, call, 1, macro->variables); !status) return status;
  call.form = Form::loop;
  call.loop = macro->loop;
  const Expr& body = *call.children.back();
  if (call.loop == Loop::transform_map_entry && (body.form != Form::map || body.children.size() != 2)) {
    return error_at(source, body.begin, "transformMapEntry() wants a map with one entry here");
  }
  return Ok{};
}

}  // namespace bus::predicate
