// The macros that walk a list or a map.
#include "core/predicate/compare.h"
#include "core/predicate/program.h"
#include "core/predicate/sequence.h"

namespace bus::predicate {

namespace {

Value budget(const Node& node) {
  return Value::fault(Fault::budget, {}, node.at);
}

// One walk: evaluates the range, and for each element sets the variables.
class Walk {
 public:
  Walk(const Node& node, Context& context)
      : node_(node),
        context_(context),
        range_(eval(*node.children[0], context)),
        sequence_(walkable(range_)) {}

  // What the loop gives if it cannot begin: an error, or the wrong kind of range.
  bool refused() const { return !range_.is(Kind::list) && !range_.is(Kind::map); }
  Value refusal() const { return range_.is_error() ? range_ : no_overload(node_, context_, {&range_, 1}); }
  std::size_t size() const { return range_.size(); }

  // Moves to the next element. False at the end, or when the budget is spent.
  bool next() {
    if (--context_.steps < 0) return false;
    Value* locals = context_.locals + node_.slot;
    if (node_.variables == 2) return sequence_.next(locals[0], locals[1]);
    return sequence_.next(locals[0]);
  }
  bool exhausted() const { return context_.steps < 0; }
  const Value& first() const { return context_.locals[node_.slot]; }

  // A body or filter that has to be a bool.
  Value test(const Node& part) const {
    Value value = eval(part, context_);
    if (!value.is(Kind::boolean) && !value.is_error()) value = no_overload(node_, context_, {&value, 1});
    return value;
  }
  Value test_body() const { return test(*node_.children.back()); }
  // The body's value for the next element that the filter lets pass; an error of the filter is given for it.
  // False at the end, or when the budget is spent.
  bool next_value(Value& value) {
    while (next()) {
      const Value wanted = node_.filtered ? test(*node_.children[1]) : Value::boolean(true);
      if (wanted.is_false()) continue;
      value = wanted.is_error() ? wanted : body();
      return true;
    }
    return false;
  }

 private:
  Value body() const { return eval(*node_.children.back(), context_); }
  static Value walkable(const Value& range) {
    return range.is(Kind::list) || range.is(Kind::map) ? range : Value::list({});
  }

  const Node& node_;
  Context& context_;
  Value range_;
  Sequence sequence_;
};

// all (decisive: false) and exists (decisive: true).
template <bool decisive>
Value run_search(const Node& node, Context& context) {
  Walk walk(node, context);
  if (walk.refused()) return walk.refusal();
  Value failure;
  bool failed = false;
  while (walk.next()) {
    const Value value = walk.test_body();
    if (decisive ? value.is_true() : value.is_false()) return value;
    if (value.is_error() && !failed) failed = true, failure = value;
  }
  if (walk.exhausted()) return budget(node);
  return failed ? failure : Value::boolean(!decisive);
}

Value run_exists_one(const Node& node, Context& context) {
  Walk walk(node, context);
  if (walk.refused()) return walk.refusal();
  std::size_t found = 0;
  while (walk.next()) {
    const Value value = walk.test_body();
    if (value.is_error()) return value;
    if (value.is_true()) ++found;
  }
  return walk.exhausted() ? budget(node) : Value::boolean(found == 1);
}

Value run_filter(const Node& node, Context& context) {
  Walk walk(node, context);
  if (walk.refused()) return walk.refusal();
  Value* items = context.allocate<Value>(walk.size());
  if (items == nullptr) return budget(node);
  std::size_t count = 0;
  while (walk.next()) {
    const Value value = walk.test_body();
    if (value.is_error()) return value;
    if (value.is_true()) items[count++] = walk.first();
  }
  return walk.exhausted() ? budget(node) : Value::list({items, count});
}

// map and transformList.
Value run_transform_list(const Node& node, Context& context) {
  Walk walk(node, context);
  if (walk.refused()) return walk.refusal();
  Value* items = context.allocate<Value>(walk.size());
  if (items == nullptr) return budget(node);
  std::size_t count = 0;
  for (Value value; walk.next_value(value);) {
    if (value.is_error()) return value;
    items[count++] = value;
  }
  return walk.exhausted() ? budget(node) : Value::list({items, count});
}

// transformMap (the key stays) and transformMapEntry (the body is a map of one entry).
template <bool keep_key>
Value run_transform_map(const Node& node, Context& context) {
  Walk walk(node, context);
  if (walk.refused()) return walk.refusal();
  Entry* entries = context.allocate<Entry>(walk.size());
  if (entries == nullptr) return budget(node);
  std::size_t count = 0;
  for (Value value; walk.next_value(value);) {
    if (value.is_error()) return value;
    const Entry entry = keep_key ? Entry{walk.first(), value} : value.entries()[0];
    Value ignored;
    if (!keep_key && find(Value::map({entries, count}), entry.key, ignored, context.steps)) {
      return Value::fault(Fault::argument, "the key is there twice", node.at);
    }
    entries[count++] = entry;
  }
  return walk.exhausted() ? budget(node) : Value::map({entries, count});
}

// cel.bind: an error of the value is one only where the variable is used.
Value run_bind(const Node& node, Context& context) {
  context.locals[node.slot] = eval(*node.children[0], context);
  return eval(*node.children[1], context);
}

}  // namespace

Run run_of_loop(Loop loop) {
  switch (loop) {
    case Loop::all:
      return run_search<false>;
    case Loop::exists:
      return run_search<true>;
    case Loop::exists_one:
      return run_exists_one;
    case Loop::filter:
      return run_filter;
    case Loop::map:
    case Loop::transform_list:
      return run_transform_list;
    case Loop::transform_map:
      return run_transform_map<true>;
    case Loop::transform_map_entry:
      return run_transform_map<false>;
    case Loop::bind:
      return run_bind;
  }
  return nullptr;
}

}  // namespace bus::predicate
