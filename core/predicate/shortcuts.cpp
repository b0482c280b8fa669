// Shortcuts: faster runs for the shapes that most predicates are made of, `field == "text"` and `data.a.b`.
// Each gives exactly what the general run gives; while explain() looks on, the general one is used.
#include "core/predicate/program.h"

namespace bus::predicate {

namespace {

// Lookups by path whose cost is not counted; the members of large objects are walked one by one.
constexpr std::size_t kFreeLookups = 64;

const Node* text_operand(const Node& node) {
  for (const Node* child : node.children) {
    if (child->op == Op::constant && child->constant.is(Kind::string)) return child;
  }
  return nullptr;
}

// == and != with a text on one side.
template <bool wanted, std::size_t variable>
Value run_equal_text(const Node& node, Context& context) {
  const Value value = eval(*node.children[variable], context);
  if (value.is(Kind::string)) {
    return Value::boolean((value.text() == node.children[1 - variable]->constant.text()) == wanted);
  }
  return value.is_error() ? value : Value::boolean(!wanted);
}

Value run_path(const Node& node, Context& context) {
  if (context.trace != nullptr) return run_of(Op::select)(node, context);
  json::Node at = context.event->data();
  for (const std::string_view name : node.path) {
    if (++context.lookups > kFreeLookups && !context.spend(1 + at.size() / 8)) {
      return Value::fault(Fault::budget, {}, node.at);
    }
    at = at[name];
    // What is missing, or no object, is told by the general run.
    if (!at.exists()) return run_of(Op::select)(node, context);
  }
  return Value::json(at);
}

}  // namespace

Run shortcut_for(const Node& node) {
  if (!node.path.empty()) return run_path;
  if (node.op != Op::equal && node.op != Op::not_equal) return nullptr;
  const Node* text = text_operand(node);
  if (text == nullptr) return nullptr;
  const bool left = text == node.children[0];
  if (node.op == Op::equal) return left ? run_equal_text<true, 1> : run_equal_text<true, 0>;
  return left ? run_equal_text<false, 1> : run_equal_text<false, 0>;
}

}  // namespace bus::predicate
