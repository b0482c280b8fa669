#include "core/cli/arguments.h"

#include <charconv>

#include "core/base/time_text.h"

namespace bus::cli {
namespace {

std::string dashed(std::string_view option) {
  return "--" + std::string(option);
}

}  // namespace

std::optional<std::string> Arguments::get(std::string_view option) const {
  const auto found = options_.find(option);
  if (found == options_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::string Arguments::get_or(std::string_view option, std::string_view other) const {
  return get(option).value_or(std::string(other));
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>() : found->second;
}

Result<std::optional<std::int64_t>> Arguments::integer(std::string_view option, std::int64_t least,
                                                       std::int64_t most) const {
  const auto text = get(option);
  if (!text) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failure != std::errc() || end != text->data() + text->size() || value < least || value > most) {
    return error(Code::invalid, dashed(option) + " must be a whole number from " + std::to_string(least) +
                                    " to " + std::to_string(most) + ", not '" + *text + "'");
  }
  return std::optional<std::int64_t>(value);
}

Result<std::optional<microseconds>> Arguments::duration(std::string_view option) const {
  const auto text = get(option);
  if (!text) return std::optional<microseconds>();
  const auto value = parse_duration(*text);
  if (!value) {
    return error(Code::invalid, dashed(option) + ": '" + *text + "' is no duration",
                 "write 45s, 10m, 1h30m or 250ms");
  }
  return std::optional<microseconds>(*value);
}

std::string Arguments::positional(std::size_t index) const {
  return index < positionals_.size() ? positionals_[index] : std::string();
}

void Arguments::add(std::string_view option, std::vector<std::string> values) {
  std::vector<std::string>& slot = options_[std::string(option)];
  for (std::string& value : values) slot.push_back(std::move(value));
}

}  // namespace bus::cli
