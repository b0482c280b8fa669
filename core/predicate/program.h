// Program: the compiled form of a predicate, a tree of nodes that each know the function that evaluates them;
// and Context: what one evaluation needs. Internal to this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/predicate/arena.h"
#include "core/predicate/ast.h"
#include "core/predicate/event_view.h"
#include "core/predicate/value.h"

namespace bus::predicate {

// Steps that one evaluation may take: a node is one, a walked element one, 16 bytes of new memory one, and
// functions count the text they read.
inline constexpr std::int64_t kMaxSteps = 1'000'000;

struct Function;
struct Node;

// What explain() wants to know: the last value of each node.
using Trace = std::unordered_map<const Node*, Value>;

struct Context {
  explicit Context(Arena& memory) : arena(memory) {}

  Arena& arena;
  EventView* event = nullptr;
  std::span<const Value> bindings;
  Value* locals = nullptr;
  std::int64_t steps = kMaxSteps;
  Trace* trace = nullptr;
  std::size_t lookups = 0;  // in data, by path

  // False once the budget is spent; then nothing is evaluated any more and the whole result is Fault::budget.
  bool spend(std::size_t count) {
    steps = static_cast<std::int64_t>(count) > steps ? -1 : steps - static_cast<std::int64_t>(count);
    return steps >= 0;
  }
  // Pays for reading that much text.
  bool spend_text(std::size_t bytes) { return spend(bytes / 64); }
  // True if so much memory may still be used.
  bool affords(std::size_t bytes) const { return static_cast<std::int64_t>(bytes / 16) <= steps; }
  // Null once the budget is spent.
  template <class T>
  T* allocate(std::size_t count) {
    return spend(count * sizeof(T) / 16) ? arena.array<T>(count) : nullptr;
  }
  // A string value with a copy of `text`, or Fault::budget.
  Value keep(std::string_view text, Kind kind = Kind::string);
};

enum class Op : std::uint8_t {
  constant,
  variable,    // slot: Variable
  task_field,  // slot: TaskField
  binding,     // slot: index of the binding
  local,       // slot: index of the local
  unknown,     // name of what there is not; slot: 0 a variable, 1 a function
  select,
  has,
  has_task,  // slot: TaskField
  index,
  list,
  map,
  conditional,
  all_of,
  any_of,
  logical_not,
  negate,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  call,
  loop,
};

struct Node {
  Value (*run)(const Node&, Context&) = nullptr;
  Op op = Op::constant;
  Loop loop = Loop::all;
  std::uint8_t variables = 0;  // of a loop: one or two locals from `slot` on
  bool filtered = false;       // of a loop: the child before the last is a filter
  std::uint16_t slot = 0;
  std::uint16_t begin = 0, end = 0;  // bytes of the source
  std::uint16_t at = 0;              // the byte to point at in errors
  std::span<const Node* const> children;
  std::string_view name;  // field, operator or function
  const Function* function = nullptr;
  std::span<const std::string_view> path;  // of a select: the names below data, if it is data.a.b…
  const void* prepared = nullptr;          // what the function made of its constant arguments
  Value constant;
};

// Evaluates one node with a trace, or without budget.
Value eval_rarely(const Node& node, Context& context);

// Evaluates one node. The one way to do so, for the budget's and the trace's sake. Both returns build the
// value where the caller wants it: a copy of three fresh words costs more than most nodes.
inline Value eval(const Node& node, Context& context) {
  if (--context.steps < 0 || context.trace != nullptr) [[unlikely]]
    return eval_rarely(node, context);
  return node.run(node, context);
}

// Immutable once compiled; shared by all copies of a Predicate and all threads.
struct Program {
  std::string source;
  const Node* root = nullptr;
  std::size_t locals = 0;
  bool for_events = true;

  // What the nodes point to.
  std::deque<Node> nodes;
  Arena arena;
  std::vector<std::shared_ptr<const void>> prepared;
};

// The functions that evaluate nodes; `run` of a node is one of them.
using Run = Value (*)(const Node&, Context&);
Run run_of(Op op);           // everything but loops
Run run_of_operator(Op op);  // negate … remainder
Run run_of_loop(Loop loop);
// A faster run for a node that has been compiled, where its shape allows one; null otherwise. The values are
// the same.
Run shortcut_for(const Node& node);

// Runs a program to its end: a value, or a fault. Values may point into the context's arena.
Value run(const Program& program, Context& context);

// "no such field 'x'", without a position.
std::string fault_text(const Value& fault);

// "'+' is not defined for int and string", as a fault at the node. An operand that is an error is returned
// itself.
Value no_overload(const Node& node, Context& context, std::span<const Value> operands);

}  // namespace bus::predicate
