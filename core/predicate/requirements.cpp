#include "core/predicate/requirements.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/predicate/variables.h"

namespace bus::predicate {

namespace {

constexpr std::int64_t kExact = std::int64_t{1} << 53;

// The node as a field that can be indexed; nullopt if it is none.
std::optional<Field> field_of(const Node& node) {
  Field field;
  const Node* at = &node;
  while (at->op == Op::select || at->op == Op::index) {
    if (at->op == Op::index) {
      const Node& key = *at->children[1];
      if (key.op != Op::constant || !key.constant.is(Kind::string)) return std::nullopt;
      field.path.emplace_back(key.constant.text());
    } else {
      field.path.emplace_back(at->name);
    }
    at = at->children[0];
  }
  if (at->op != Op::variable && at->op != Op::task_field) return std::nullopt;
  const bool is_data = at->op == Op::variable && at->slot == static_cast<std::uint16_t>(Variable::data);
  if (is_data == field.path.empty()) return std::nullopt;
  std::reverse(field.path.begin(), field.path.end());
  field.op = at->op;
  field.slot = at->slot;
  return field;
}

std::optional<Constant> constant_of(const Value& value) {
  if (value.is(Kind::string)) return Constant(std::string(value.text()));
  std::int64_t number = 0;
  if (value.is(Kind::integer)) {
    number = value.as_integer();
  } else if (value.is(Kind::uinteger) && value.as_uinteger() < static_cast<std::uint64_t>(kExact)) {
    number = static_cast<std::int64_t>(value.as_uinteger());
  } else if (value.is(Kind::number) && std::fabs(value.as_number()) < static_cast<double>(kExact) &&
             value.as_number() == std::trunc(value.as_number())) {
    number = static_cast<std::int64_t>(value.as_number());
  } else {
    return std::nullopt;
  }
  if (number <= -kExact || number >= kExact) return std::nullopt;
  return Constant(number);
}

int rank_of(const Field& field) {
  if (field.op == Op::task_field) {
    switch (static_cast<TaskField>(field.slot)) {
      case TaskField::id:
        return 0;
      case TaskField::parent:
      case TaskField::sha:
      case TaskField::change:
      case TaskField::url:
        return 2;
      case TaskField::name:
      case TaskField::scope:
        return 5;
      case TaskField::ref:
      case TaskField::actor:
      case TaskField::worker:
        return 6;
      default:
        return 9;
    }
  }
  switch (static_cast<Variable>(field.slot)) {
    case Variable::seq:
    case Variable::id:
    case Variable::key:
      return 0;
    case Variable::subject:
    case Variable::summary:
      return 2;
    case Variable::data:
      return 4;
    case Variable::scope:
      return 5;
    case Variable::type:
      return 7;
    default:
      return 8;
  }
}

// field == constant, or field in [constants].
std::vector<Cover> cover_of(const Node& left, const Value& right, bool is_list) {
  const auto field = field_of(left);
  if (!field) return {};
  Cover cover;
  cover.rank = rank_of(*field);
  const std::span<const Value> values = is_list ? right.items() : std::span<const Value>(&right, 1);
  if (values.size() > kMaxCover) return {};
  for (const Value& value : values) {
    auto constant = constant_of(value);
    if (!constant) return {};
    cover.any_of.push_back({*field, std::move(*constant)});
  }
  return {std::move(cover)};
}

std::optional<Cover> best(std::vector<Cover> from) {
  if (from.empty()) return std::nullopt;
  return *std::min_element(from.begin(), from.end(), [](const Cover& a, const Cover& b) {
    return std::pair(a.rank, a.any_of.size()) < std::pair(b.rank, b.any_of.size());
  });
}

// True if the first or the second is: one cover of both, if both have one.
std::vector<Cover> either(std::vector<Cover> first, std::vector<Cover> second) {
  auto a = best(std::move(first));
  auto b = best(std::move(second));
  if (!a || !b || a->any_of.size() + b->any_of.size() > kMaxCover) return {};
  a->rank = std::max(a->rank, b->rank);
  a->any_of.insert(a->any_of.end(), b->any_of.begin(), b->any_of.end());
  return {std::move(*a)};
}

void append(std::vector<Cover>& to, std::vector<Cover> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::vector<Cover> covers(const Node& node) {
  switch (node.op) {
    case Op::constant:
      // `false`, and what is no bool, is never true.
      return node.constant.is_true() ? std::vector<Cover>() : std::vector<Cover>(1);
    case Op::equal: {
      const Node& a = *node.children[0];
      const Node& b = *node.children[1];
      if (b.op == Op::constant) return cover_of(a, b.constant, false);
      return a.op == Op::constant ? cover_of(b, a.constant, false) : std::vector<Cover>();
    }
    case Op::in: {
      const Node& list = *node.children[1];
      const bool known = list.op == Op::constant && list.constant.is(Kind::list) && !list.constant.is_json();
      return known ? cover_of(*node.children[0], list.constant, true) : std::vector<Cover>();
    }
    case Op::all_of: {
      std::vector<Cover> all;
      for (const Node* child : node.children) append(all, covers(*child));
      return all;
    }
    case Op::any_of: {
      std::vector<Cover> sum = covers(*node.children[0]);
      for (const Node* child : node.children.subspan(1)) sum = either(std::move(sum), covers(*child));
      return sum;
    }
    case Op::conditional: {
      std::vector<Cover> yes = covers(*node.children[0]);
      append(yes, covers(*node.children[1]));
      return either(std::move(yes), covers(*node.children[2]));
    }
    default:
      return {};
  }
}

Value read(const Field& field, EventView& event, Context& context) {
  if (field.op == Op::task_field) return read(static_cast<TaskField>(field.slot), event.event());
  if (field.path.empty()) return read(static_cast<Variable>(field.slot), event, context);
  json::Node at = event.data();
  for (const std::string& name : field.path) at = at[name];
  return Value::json(at);
}

std::string name(const Field& field) {
  if (field.op == Op::task_field) return "task." + std::string(task_field_names()[field.slot]);
  std::string text(variable_names()[field.slot]);
  for (const std::string& part : field.path) text += "." + part;
  return text;
}

}  // namespace bus::predicate
