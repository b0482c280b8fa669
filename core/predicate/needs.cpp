#include "core/predicate/needs.h"

#include <algorithm>
#include <iterator>

#include "core/predicate/program.h"
#include "core/predicate/requirements.h"

namespace bus::predicate {
namespace {

using Values = std::optional<std::vector<std::string>>;

// Both have to hold: what one leaves open the other may bind.
Values both(Values a, Values b) {
  if (!a || !b) return a ? std::move(a) : std::move(b);
  std::vector<std::string> common;
  std::set_intersection(a->begin(), a->end(), b->begin(), b->end(), std::back_inserter(common));
  return common;
}

// One of the two has to hold.
Values either(const Values& a, const Values& b) {
  if (!a || !b) return std::nullopt;
  std::vector<std::string> all;
  std::set_union(a->begin(), a->end(), b->begin(), b->end(), std::back_inserter(all));
  return all;
}

// A comparison with constants, if it is one of that field and with texts.
Values compared(const Node& node, std::string_view field) {
  for (const Cover& cover : covers(node)) {
    std::vector<std::string> values;
    values.reserve(cover.any_of.size());
    for (const Requirement& requirement : cover.any_of) {
      const auto* text = std::get_if<std::string>(&requirement.constant);
      if (text == nullptr || name(requirement.field) != field) return std::nullopt;
      values.push_back(*text);
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
  }
  return std::nullopt;
}

Values values_of(const Node& node, std::string_view field) {
  switch (node.op) {
    case Op::all_of: {
      Values all;
      for (const Node* child : node.children) all = both(std::move(all), values_of(*child, field));
      return all;
    }
    case Op::any_of: {
      Values any = values_of(*node.children[0], field);
      for (const Node* child : node.children.subspan(1)) any = either(any, values_of(*child, field));
      return any;
    }
    case Op::conditional:
      return either(both(values_of(*node.children[0], field), values_of(*node.children[1], field)),
                    values_of(*node.children[2], field));
    case Op::constant:
    case Op::equal:
    case Op::in:
      return compared(node, field);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::vector<std::string>> needed_values(const Predicate& predicate, std::string_view field) {
  return values_of(*predicate.program().root, field);
}

}  // namespace bus::predicate
