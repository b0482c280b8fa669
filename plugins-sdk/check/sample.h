// A sample of a plugin's configuration: a TOML file with one table, in which every option has a line, those
// that need not be set behind a #.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus::check {

// A value as far as options have them.
struct Value {
  enum Kind { text, number, boolean, list } kind = text;
  std::vector<std::string> texts;  // one, or a list's elements; a number or boolean as it is written
};

// nullopt if it is none: tables, dates and fractions are not for options.
std::optional<Value> read_value(std::string_view text);

struct Sample {
  std::map<std::string, Value> set;      // what the file sets
  std::map<std::string, Value> offered;  // what stands behind a #
  std::vector<std::string> problems;     // lines that cannot be read
};

Sample read_sample(const std::string& text);

}  // namespace bus::check
