// Arguments: what the user said after the verb, already checked against the verb's table.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::cli {

class Arguments {
 public:
  bool has(std::string_view option) const { return options_.contains(option); }
  // The value; nullopt if the option was not given.
  std::optional<std::string> get(std::string_view option) const;
  std::string get_or(std::string_view option, std::string_view other) const;
  std::vector<std::string> all(std::string_view option) const;

  // The value as a number or a duration; Code::invalid names the option.
  Result<std::optional<std::int64_t>> integer(std::string_view option, std::int64_t least,
                                              std::int64_t most) const;
  Result<std::optional<microseconds>> duration(std::string_view option) const;

  const std::vector<std::string>& positionals() const { return positionals_; }
  // The positional at that place, or empty.
  std::string positional(std::size_t index) const;
  // What stood after `--`.
  const std::vector<std::string>& rest() const { return rest_; }

  void add(std::string_view option, std::vector<std::string> values);
  void add_positional(std::string text) { positionals_.push_back(std::move(text)); }
  void set_rest(std::vector<std::string> rest) { rest_ = std::move(rest); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
  std::vector<std::string> positionals_;
  std::vector<std::string> rest_;
};

}  // namespace bus::cli
