#include "core/predicate/compiler.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/text.h"
#include "core/predicate/functions/functions.h"
#include "core/predicate/lexer.h"
#include "core/predicate/macros.h"
#include "core/predicate/parser.h"
#include "core/predicate/variables.h"

namespace bus::predicate {

namespace {

constexpr std::array kTypes = {Kind::null,   Kind::boolean,   Kind::integer,  Kind::uinteger,
                               Kind::number, Kind::string,    Kind::bytes,    Kind::list,
                               Kind::map,    Kind::timestamp, Kind::duration, Kind::type};

std::optional<Kind> type_named(std::string_view name) {
  for (const Kind kind : kTypes) {
    if (type_name(kind) == name) return kind;
  }
  return std::nullopt;
}

Op binary_op(std::string_view symbol) {
  constexpr std::array<std::pair<std::string_view, Op>, 12> kOps = {{{"==", Op::equal},
                                                                     {"!=", Op::not_equal},
                                                                     {"<", Op::less},
                                                                     {"<=", Op::less_equal},
                                                                     {">", Op::greater},
                                                                     {">=", Op::greater_equal},
                                                                     {"in", Op::in},
                                                                     {"+", Op::add},
                                                                     {"-", Op::subtract},
                                                                     {"*", Op::multiply},
                                                                     {"/", Op::divide},
                                                                     {"%", Op::remainder}}};
  return std::find_if(kOps.begin(), kOps.end(), [&](const auto& op) { return op.first == symbol; })->second;
}

class Compiler {
 public:
  Compiler(Program& program, const Scope& scope)
      : program_(program), scope_(scope), folding_(program.arena) {}

  // Null after a failure, which is in error().
  const Node* compile(const Expr& expr) {
    switch (expr.form) {
      case Form::constant:
        return constant(expr);
      case Form::identifier:
      case Form::select:
        return name_or_select(expr);
      case Form::has:
        return has(expr);
      case Form::call:
      case Form::method:
        return call(expr);
      case Form::loop:
        return loop(expr);
      case Form::unary:
        return simple(expr, expr.text == "!" ? Op::logical_not : Op::negate);
      case Form::binary:
        return simple(expr, binary_op(expr.text));
      case Form::index:
        return simple(expr, Op::index, "[]");
      case Form::list:
        return simple(expr, Op::list);
      case Form::map:
        return simple(expr, Op::map);
      case Form::conditional:
        return simple(expr, Op::conditional, "?:");
      case Form::all_of:
        return simple(expr, Op::all_of, "&&");
      case Form::any_of:
        return simple(expr, Op::any_of, "||");
    }
    return nullptr;
  }

  Error take_error() { return std::move(error_); }

 private:
  Node& add(const Expr& expr, Op op) {
    Node& node = program_.nodes.emplace_back();
    node.op = op;
    node.begin = expr.begin;
    node.end = expr.end;
    node.at = expr.at;
    if (op != Op::loop) node.run = run_of(op);
    return node;
  }

  const Node* fail(std::size_t at, std::string message, std::string hint = {}) {
    if (error_.message.empty()) error_ = error_at(program_.source, at, std::move(message), std::move(hint));
    return nullptr;
  }

  // Compiles the children of `expr` from `from` on into the node.
  bool take_children(const Expr& expr, Node& node, std::size_t from = 0) {
    const std::size_t count = expr.children.size() - from;
    const auto** children = program_.arena.array<const Node*>(count);
    for (std::size_t i = 0; i < count; ++i) {
      children[i] = compile(*expr.children[from + i]);
      if (children[i] == nullptr) return false;
    }
    node.children = {children, count};
    return true;
  }

  // What depends on nothing but constants is computed here, unless it is an error: that stays for the
  // evaluation, where && and || may absorb it.
  const Node* fold(Node& node) {
    const auto is_constant = [](const Node* child) { return child->op == Op::constant; };
    if (!std::all_of(node.children.begin(), node.children.end(), is_constant)) {
      if (node.op == Op::select) find_path(node);
      if (const Run shortcut = shortcut_for(node)) node.run = shortcut;
      return &node;
    }
    const Value value = node.run(node, folding_);
    if (value.is_error() || folding_.steps < 0) return &node;
    node.op = Op::constant;
    node.run = run_of(Op::constant);
    node.constant = value;
    node.children = {};
    return &node;
  }

  const Node* constant(const Expr& expr) {
    Node& node = add(expr, Op::constant);
    node.constant = expr.value;
    if (expr.value.is(Kind::string)) node.constant = Value::string(program_.arena.copy(expr.text));
    if (expr.value.is(Kind::bytes)) node.constant = Value::bytes(program_.arena.copy(expr.text));
    return &node;
  }

  const Node* simple(const Expr& expr, Op op, std::string_view name = {}) {
    Node& node = add(expr, op);
    node.name = name.empty() ? program_.arena.copy(expr.text) : name;
    return take_children(expr, node) ? fold(node) : nullptr;
  }

  // A select whose target is data, or a path below it, is a path itself.
  void find_path(Node& node) {
    const Node& target = *node.children[0];
    const bool from_data =
        target.op == Op::variable && target.slot == static_cast<std::uint16_t>(Variable::data);
    if (!from_data && target.path.empty()) return;
    auto* path = program_.arena.array<std::string_view>(target.path.size() + 1);
    std::copy(target.path.begin(), target.path.end(), path);
    path[target.path.size()] = node.name;
    node.path = {path, target.path.size() + 1};
  }

  // a.b.c as {"a", "b", "c"}; empty if it does not begin with a name, or with the name of a local.
  std::vector<std::string_view> qualified(const Expr& expr) const {
    std::vector<std::string_view> parts;
    const Expr* at = &expr;
    for (; at->form == Form::select; at = at->children[0].get()) parts.push_back(at->text);
    if (at->form != Form::identifier || (!at->rooted && local(at->text))) return {};
    parts.push_back(at->text);
    std::reverse(parts.begin(), parts.end());
    return parts;
  }

  static std::string dotted(std::span<const std::string_view> parts) {
    std::string name;
    for (const std::string_view part : parts) name += (name.empty() ? "" : ".") + std::string(part);
    return name;
  }

  std::optional<std::uint16_t> local(std::string_view name) const {
    for (auto at = locals_.rbegin(); at != locals_.rend(); ++at) {
      if (at->first == name) return at->second;
    }
    return std::nullopt;
  }

  // A whole (perhaps qualified) name that means something; null if it does not.
  const Node* known(const Expr& expr, std::span<const std::string_view> parts) {
    const std::string name = dotted(parts);
    if (scope_.for_events) {
      if (const Node* node = event_name(expr, parts, name)) return node;
    } else {
      const auto found = std::find(scope_.bindings.begin(), scope_.bindings.end(), name);
      if (found != scope_.bindings.end()) {
        Node& node = add(expr, Op::binding);
        node.slot = static_cast<std::uint16_t>(found - scope_.bindings.begin());
        return &node;
      }
    }
    const auto type = type_named(name);
    if (!type) return nullptr;
    Node& node = add(expr, Op::constant);
    node.constant = Value::type(*type);
    return &node;
  }

  const Node* event_name(const Expr& expr, std::span<const std::string_view> parts, const std::string& name) {
    if (parts.size() == 2 && parts[0] == "task") {
      const auto field = task_field_named(parts[1]);
      if (!field) return nullptr;
      Node& node = add(expr, Op::task_field);
      node.slot = static_cast<std::uint16_t>(*field);
      return &node;
    }
    if (const auto variable = variable_named(name)) {
      Node& node = add(expr, Op::variable);
      node.slot = static_cast<std::uint16_t>(*variable);
      return &node;
    }
    return parts.size() == 1 && is_message_field(name) ? message_field(expr) : nullptr;
  }

  // `from` means data.from.
  const Node* message_field(const Expr& expr) {
    Node& data = add(expr, Op::variable);
    data.slot = static_cast<std::uint16_t>(Variable::data);
    Node& node = add(expr, Op::select);
    node.name = program_.arena.copy(expr.text);
    const auto** child = program_.arena.array<const Node*>(1);
    child[0] = &data;
    node.children = {child, 1};
    return fold(node);
  }

  const Node* name_or_select(const Expr& expr) {
    if (expr.form == Form::identifier && !expr.rooted) {
      if (const auto slot = local(expr.text)) {
        Node& node = add(expr, Op::local);
        node.slot = *slot;
        return &node;
      }
    }
    const auto parts = qualified(expr);
    if (!parts.empty()) {
      if (const Node* node = known(expr, parts)) return node;
      if (expr.form == Form::identifier) return unknown_variable(expr);
      if (parts.size() == 2 && parts[0] == "task" && scope_.for_events) return unknown_task_field(expr);
    }
    Node& node = add(expr, Op::select);
    node.name = program_.arena.copy(expr.text);
    return take_children(expr, node) ? fold(node) : nullptr;
  }

  const Node* unknown_variable(const Expr& expr) {
    if (scope_.strict) {
      std::vector<std::string_view> names(scope_.bindings.begin(), scope_.bindings.end());
      if (scope_.for_events) names.assign(variable_names().begin(), variable_names().end());
      const std::string_view near = nearest(expr.text, names);
      return fail(expr.at, "no variable is called '" + expr.text + "'",
                  near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
    }
    Node& node = add(expr, Op::unknown);
    node.name = program_.arena.copy(expr.text);
    return &node;
  }

  const Node* unknown_task_field(const Expr& expr) {
    const std::string_view near = nearest(expr.text, task_field_names());
    return fail(expr.at, "a task has no field '" + expr.text + "'",
                near.empty() ? "" : "did you mean 'task." + std::string(near) + "'?");
  }

  const Node* has(const Expr& expr) {
    const Expr& target = *expr.children[0];
    if (scope_.for_events && target.form == Form::identifier && target.text == "task" && !local("task")) {
      const auto field = task_field_named(expr.text);
      if (!field) return unknown_task_field(expr);
      Node& node = add(expr, Op::has_task);
      node.slot = static_cast<std::uint16_t>(*field);
      return &node;
    }
    Node& node = add(expr, Op::has);
    node.name = program_.arena.copy(expr.text);
    return take_children(expr, node) ? fold(node) : nullptr;
  }

  const Node* call(const Expr& expr) {
    // math.abs(x): a global function with a qualified name, written like a method.
    std::string name = expr.text;
    bool method = expr.form == Form::method;
    if (method) {
      const auto space = qualified(*expr.children[0]);
      const std::string full = dotted(space) + "." + name;
      if (!space.empty() && function_named(full, Style::global) != nullptr) {
        method = false;
        name = full;
      }
    }
    const Function* function = function_named(name, method ? Style::method : Style::global);
    if (function == nullptr) return unknown_function(expr, name, method);
    const bool skip_target = expr.form == Form::method && !method;
    const std::size_t count = expr.children.size() - (skip_target ? 1 : 0);
    if (count < function->least || count > function->most) return wrong_count(expr, name);
    Node& node = add(expr, Op::call);
    node.name = function->name;
    node.function = function;
    if (!take_children(expr, node, skip_target ? 1 : 0)) return nullptr;
    return prepare(node) ? fold(node) : nullptr;
  }

  bool prepare(Node& node) {
    if (node.function->prepare == nullptr) return true;
    auto prepared = node.function->prepare(node.children);
    if (!prepared) {
      if (!scope_.strict) return true;  // the evaluation says it again
      return fail(node.children.back()->at, prepared.error().message, prepared.error().hint) != nullptr;
    }
    if (*prepared == nullptr) return true;
    node.prepared = prepared->get();
    program_.prepared.push_back(std::move(*prepared));
    return true;
  }

  const Node* unknown_function(const Expr& expr, const std::string& name, bool method) {
    if (scope_.strict) {
      std::vector<std::string_view> names(macro_names().begin(), macro_names().end());
      if (std::find(names.begin(), names.end(), name) != names.end()) return wrong_count(expr, name);
      for (const Function& function : functions()) names.push_back(function.name);
      const std::string_view near = nearest(name, names);
      std::string hint = near.empty() ? "" : "did you mean '" + std::string(near) + "'?";
      if (function_named(name, Style::method) != nullptr) hint = "write it after a dot: x." + name + "()";
      if (method && function_named(name, Style::global) != nullptr) hint = "write it before: " + name + "(x)";
      return fail(expr.at, "no function is called '" + name + "'", hint);
    }
    return fault(expr, name);
  }

  const Node* wrong_count(const Expr& expr, const std::string& name) {
    if (scope_.strict) return fail(expr.at, "'" + name + "' does not take that many arguments");
    return fault(expr, name);
  }

  const Node* fault(const Expr& expr, const std::string& name) {
    Node& node = add(expr, Op::unknown);
    node.slot = 1;
    node.name = program_.arena.copy(name);
    return &node;
  }

  const Node* loop(const Expr& expr) {
    Node& node = add(expr, Op::loop);
    node.run = run_of_loop(expr.loop);
    node.loop = expr.loop;
    node.name = program_.arena.copy(expr.text);
    node.variables = static_cast<std::uint8_t>(expr.variables.size());
    node.filtered = expr.children.size() == 3;
    const std::size_t count = expr.children.size();
    const auto** children = program_.arena.array<const Node*>(count);
    children[0] = compile(*expr.children[0]);
    if (children[0] == nullptr) return nullptr;
    node.slot = static_cast<std::uint16_t>(locals_.size());
    for (const std::string& variable : expr.variables) {
      locals_.emplace_back(variable, static_cast<std::uint16_t>(locals_.size()));
    }
    program_.locals = std::max(program_.locals, locals_.size());
    for (std::size_t i = 1; i < count; ++i) {
      children[i] = compile(*expr.children[i]);
      if (children[i] == nullptr) return nullptr;
    }
    locals_.resize(locals_.size() - expr.variables.size());
    node.children = {children, count};
    return &node;
  }

  Program& program_;
  const Scope& scope_;
  Context folding_;
  Error error_;
  std::vector<std::pair<std::string, std::uint16_t>> locals_;
};

}  // namespace

Result<std::shared_ptr<const Program>> compile_program(std::string_view source, const Scope& scope) {
  auto parsed = parse(source);
  if (!parsed) return std::move(parsed).error();
  auto program = std::make_shared<Program>();
  program->source = source;
  program->for_events = scope.for_events;
  Compiler compiler(*program, scope);
  program->root = compiler.compile(**parsed);
  if (program->root == nullptr) return compiler.take_error();
  return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace bus::predicate
