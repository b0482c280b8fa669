// Requirements: what an event must have for a predicate to be true, as far as an index can use it. Internal
// to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/predicate/program.h"

namespace bus::predicate {

// A part of an event that predicates compare with constants: a variable, a field of the task, or a path in
// data.
struct Field {
  Op op = Op::variable;  // variable or task_field
  std::uint16_t slot = 0;
  std::vector<std::string> path;  // below data

  friend bool operator==(const Field&, const Field&) = default;
};

// Whole numbers compare across int, uint and double; those beyond 2^53 are never constants here.
using Constant = std::variant<std::string, std::int64_t>;

struct Requirement {
  Field field;
  Constant constant;
};

// If the predicate is true, at least one of `any_of` holds (none: it is never true). `rank` guesses how many
// events have the same value there: lower is fewer.
struct Cover {
  int rank = 0;
  std::vector<Requirement> any_of;
};

inline constexpr std::size_t kMaxCover = 64;  // requirements in one cover

// Every cover that the expression offers; empty if there is none.
std::vector<Cover> covers(const Node& node);

// The value of the field in that event; a fault if it is not there.
Value read(const Field& field, EventView& event, Context& context);
// "source", "task.kind", "data.repository.full_name".
std::string name(const Field& field);

}  // namespace bus::predicate
