// Shorthands: options that are sugar for an expression, and the expression they stand for.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/cli/arguments.h"
#include "core/cli/verb.h"
#include "core/json/reader.h"

namespace bus::cli {

// --source --type --scope --sha --state --result --match: a verb's `filters`.
std::span<const Option> filter_options();

// The CEL that `expression` (may be empty) and the given shorthands say together; empty if nothing was said.
// Values of one option are alternatives, options are joined by &&. Code::invalid names the option that cannot
// be read.
Result<std::string> filter_expression(const Arguments& arguments, std::string_view expression);

// One --match: PATH=JSON as CEL: `data.tags.0="x"` is data.tags[0] == "x".
struct MatchTerm {
  std::string path;   // as CEL
  std::string value;  // as a CEL literal
};
Result<MatchTerm> parse_match(std::string_view text);

// A JSON value as a CEL literal.
std::string cel_literal(json::Node value);
std::string cel_string(std::string_view text);

}  // namespace bus::cli
