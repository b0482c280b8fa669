// Expr: the parsed form of a CEL expression, macros already recognised.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/predicate/value.h"

namespace bus::predicate {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class Form : std::uint8_t {
  constant,     // `value`; text and bytes are in `text`
  identifier,   // `text`; `rooted` after a leading dot
  select,       // children[0].text
  has,          // has(children[0].text)
  call,         // text(children…)
  method,       // children[0].text(children[1]…)
  index,        // children[0][children[1]]
  list,         // [children…]
  map,          // {children[0]: children[1], …}
  conditional,  // children[0] ? children[1] : children[2]
  all_of,       // children joined with &&
  any_of,       // children joined with ||
  unary,        // text: ! or -
  binary,       // text: the operator
  loop,         // a macro over children[0]; see Loop
};

// Macros that bind variables. The body is the last child; a filter, if there is one, the child before it.
enum class Loop : std::uint8_t {
  all,
  exists,
  exists_one,
  map,
  filter,
  transform_list,
  transform_map,
  transform_map_entry,
  bind,
};

struct Expr {
  Form form = Form::constant;
  Loop loop = Loop::all;
  bool rooted = false;
  std::uint16_t begin = 0, end = 0;  // bytes of the source
  std::uint16_t at = 0;              // the byte to point at: an operator, a function's name
  std::uint16_t height = 1;
  std::string text;
  Value value;
  std::vector<ExprPtr> children;
  std::vector<std::string> variables;  // of a loop: one or two
};

}  // namespace bus::predicate
