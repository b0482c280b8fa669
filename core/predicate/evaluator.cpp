// How each node is evaluated, but for operators (operators.cpp) and loops (loops.cpp).
#include <cstring>

#include "core/predicate/compare.h"
#include "core/predicate/functions/functions.h"
#include "core/predicate/program.h"
#include "core/predicate/variables.h"

namespace bus::predicate {

namespace {

Value budget(const Node& node) {
  return Value::fault(Fault::budget, {}, node.at);
}

// The same fault, pointing at this node.
Value placed(const Value& fault, const Node& node) {
  return Value::fault(fault.fault(), fault.detail(), node.at);
}

// Values are three words: where a result can be built in place (one variable, returned everywhere), it is.

Value run_constant(const Node& node, Context&) {
  return node.constant;
}

Value run_variable(const Node& node, Context& context) {
  Value value = read(static_cast<Variable>(node.slot), *context.event, context);
  if (value.is_error()) value = placed(value, node);
  return value;
}

Value run_task_field(const Node& node, Context& context) {
  Value value = read(static_cast<TaskField>(node.slot), context.event->event());
  if (value.is_error()) value = placed(value, node);
  return value;
}

Value run_has_task(const Node& node, Context& context) {
  return Value::boolean(!read(static_cast<TaskField>(node.slot), context.event->event()).is_error());
}

Value run_binding(const Node& node, Context& context) {
  Value value = context.bindings[node.slot];
  if (value.is_error()) value = placed(value, node);
  return value;
}
Value run_local(const Node& node, Context& context) {
  return context.locals[node.slot];
}

Value run_unknown(const Node& node, Context&) {
  return Value::fault(node.slot == 0 ? Fault::no_variable : Fault::no_function, node.name, node.at);
}

Value run_select(const Node& node, Context& context) {
  const Value target = eval(*node.children[0], context);
  if (target.is_error()) return target;
  if (!target.is(Kind::map)) return no_overload(node, context, {&target, 1});
  Value found;
  if (!find(target, node.name, found, context.steps))
    return Value::fault(Fault::no_field, node.name, node.at);
  return found;
}

Value run_has(const Node& node, Context& context) {
  const Node& child = *node.children[0];
  const Value target = eval(child, context);
  // An event without data has none of its fields.
  if (target.is_error())
    return child.op == Op::variable || child.op == Op::binding ? Value::boolean(false) : target;
  if (!target.is(Kind::map)) return no_overload(node, context, {&target, 1});
  Value ignored;
  return Value::boolean(find(target, node.name, ignored, context.steps));
}

Value run_index(const Node& node, Context& context) {
  const Value operands[] = {eval(*node.children[0], context), eval(*node.children[1], context)};
  const auto& [target, key] = operands;
  if (target.is_error()) return target;
  if (key.is_error()) return key;
  if (target.is(Kind::map)) {
    const bool is_key = key.is(Kind::string) || key.is(Kind::boolean) || key.is_numeric();
    if (!is_key) return no_overload(node, context, operands);
    Value found;
    if (find(target, key, found, context.steps)) return found;
    const std::string_view name = key.is(Kind::string) ? key.text() : std::string_view("key");
    return Value::fault(Fault::no_field, name, node.at);
  }
  if (!target.is(Kind::list) || !key.is_numeric()) return no_overload(node, context, operands);
  std::int64_t at = key.as_integer();
  if (key.is(Kind::uinteger) && key.as_uinteger() > INT64_MAX) at = -1;
  if (key.is(Kind::number)) {
    const double number = key.as_number();
    const bool whole =
        number >= 0 && number < 9e15 && number == static_cast<double>(static_cast<std::int64_t>(number));
    at = whole ? static_cast<std::int64_t>(number) : -1;
  }
  const auto position = static_cast<std::size_t>(at);
  if (at < 0 || position >= target.size()) return Value::fault(Fault::range, "index", node.at);
  if (!target.is_json()) return target.items()[position];
  return context.spend(position / 8) ? Value::json(target.node().at(position)) : budget(node);
}

Value run_list(const Node& node, Context& context) {
  Value* items = context.allocate<Value>(node.children.size());
  if (items == nullptr) return budget(node);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    items[i] = eval(*node.children[i], context);
    if (items[i].is_error()) return items[i];
  }
  return Value::list({items, node.children.size()});
}

Value run_map(const Node& node, Context& context) {
  const std::size_t count = node.children.size() / 2;
  Entry* entries = context.allocate<Entry>(count);
  if (entries == nullptr) return budget(node);
  for (std::size_t i = 0; i < count; ++i) {
    const Value key = eval(*node.children[2 * i], context);
    if (key.is_error()) return key;
    if (!key.is(Kind::string) && !key.is(Kind::boolean) && !key.is(Kind::integer) &&
        !key.is(Kind::uinteger)) {
      return Value::fault(Fault::argument, "a key must be a string, bool, int or uint",
                          node.children[2 * i]->at);
    }
    const Value value = eval(*node.children[2 * i + 1], context);
    if (value.is_error()) return value;
    Value ignored;
    if (find(Value::map({entries, i}), key, ignored, context.steps)) {
      return Value::fault(Fault::argument, "the key is there twice", node.children[2 * i]->at);
    }
    entries[i] = {key, value};
  }
  return Value::map({entries, count});
}

Value run_conditional(const Node& node, Context& context) {
  const Value condition = eval(*node.children[0], context);
  if (condition.is_true()) return eval(*node.children[1], context);
  if (condition.is_false()) return eval(*node.children[2], context);
  return condition.is_error() ? condition : no_overload(node, context, {&condition, 1});
}

// && and ||: `decisive` settles it wherever it stands; without it, any error is the result.
template <bool decisive>
Value run_chain(const Node& node, Context& context) {
  Value failure;
  bool failed = false;
  for (const Node* child : node.children) {
    const Value value = eval(*child, context);
    if (decisive ? value.is_true() : value.is_false()) return value;
    if (failed || value.is(Kind::boolean)) continue;
    failed = true;
    failure = value.is_error() ? value : no_overload(node, context, {&value, 1});
  }
  return failed ? failure : Value::boolean(!decisive);
}

Value run_call(const Node& node, Context& context) {
  constexpr std::size_t kFew = 4;
  Value few[kFew];
  const std::size_t count = node.children.size();
  Value* args = count <= kFew ? few : context.allocate<Value>(count);
  if (args == nullptr) return Value::fault(Fault::budget, {}, node.at);
  for (std::size_t i = 0; i < count; ++i) {
    args[i] = eval(*node.children[i], context);
    if (args[i].is_error()) return args[i];
  }
  return node.function->call({context, node, {args, count}});
}

}  // namespace

Run run_of(Op op) {
  switch (op) {
    case Op::constant:
      return run_constant;
    case Op::variable:
      return run_variable;
    case Op::task_field:
      return run_task_field;
    case Op::binding:
      return run_binding;
    case Op::local:
      return run_local;
    case Op::unknown:
      return run_unknown;
    case Op::select:
      return run_select;
    case Op::has:
      return run_has;
    case Op::has_task:
      return run_has_task;
    case Op::index:
      return run_index;
    case Op::list:
      return run_list;
    case Op::map:
      return run_map;
    case Op::conditional:
      return run_conditional;
    case Op::all_of:
      return run_chain<false>;
    case Op::any_of:
      return run_chain<true>;
    case Op::call:
      return run_call;
    default:
      return run_of_operator(op);
  }
}

Value eval_rarely(const Node& node, Context& context) {
  if (context.steps < 0) return budget(node);
  const Value value = node.run(node, context);
  if (context.trace != nullptr) (*context.trace)[&node] = value;
  return value;
}

Value run(const Program& program, Context& context) {
  Value* locals = nullptr;
  if (program.locals > 0) locals = context.allocate<Value>(program.locals);
  context.locals = locals;
  Value result = eval(*program.root, context);
  if (context.steps < 0) result = Value::fault(Fault::budget, {}, program.root->at);
  return result;
}

Value Context::keep(std::string_view text, Kind kind) {
  char* at = allocate<char>(text.size());
  if (at == nullptr) return Value::fault(Fault::budget, {});
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return kind == Kind::bytes ? Value::bytes({at, text.size()}) : Value::string({at, text.size()});
}

Value no_overload(const Node& node, Context& context, std::span<const Value> operands) {
  if (operands[0].is_error()) return operands[0];
  std::string text = "'" + std::string(node.name) + "' is not defined for ";
  if (node.op == Op::select || node.op == Op::has) {
    text = "no field '" + std::string(node.name) + "' in a value of type ";
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].is_error()) return operands[i];
    if (i > 0) text += i + 1 == operands.size() ? " and " : ", ";
    text += type_name(operands[i].kind());
  }
  const Value kept = context.keep(text);
  return Value::fault(Fault::no_overload, kept.is_error() ? std::string_view() : kept.text(), node.at);
}

std::string fault_text(const Value& fault) {
  std::string detail(fault.detail());
  switch (fault.fault()) {
    case Fault::no_variable:
      return "no such variable '" + detail + "'";
    case Fault::no_function:
      return "no such function '" + detail + "'";
    case Fault::no_field:
      return "no such field '" + detail + "'";
    case Fault::no_overload:
    case Fault::argument:
      return detail;
    case Fault::range:
      return detail + " out of range";
    case Fault::budget:
      return "the evaluation took too many steps";
  }
  return detail;
}

}  // namespace bus::predicate
