// For tests of a plugin: its settings, from its option table and what the test sets.
#pragma once

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.h"

namespace bus::testing {

// "1h30m", "45s", "250ms" in µs; "25MiB" in bytes: numbers with units, one after the other. A number without
// a unit is taken as it is. nullopt if the text is none.
inline std::optional<std::int64_t> parse_quantity(std::string_view text, std::uint32_t type) {
  using Unit = std::pair<std::string_view, std::int64_t>;
  static constexpr Unit kTimes[] = {{"us", 1},
                                    {"ms", 1'000},
                                    {"s", 1'000'000},
                                    {"m", 60'000'000},
                                    {"h", 3'600'000'000},
                                    {"d", 86'400'000'000},
                                    {"w", 604'800'000'000}};
  static constexpr Unit kSizes[] = {
      {"B", 1},           {"kB", 1'000},         {"KiB", 1'024},        {"MB", 1'000'000},
      {"MiB", 1'048'576}, {"GB", 1'000'000'000}, {"GiB", 1'073'741'824}};
  const auto find = [&](std::string_view word) -> std::int64_t {
    if (type == BUS_OPT_DURATION) {
      for (const Unit& unit : kTimes) {
        if (unit.first == word) return unit.second;
      }
    }
    if (type == BUS_OPT_SIZE) {
      for (const Unit& unit : kSizes) {
        if (unit.first == word) return unit.second;
      }
    }
    return 0;
  };
  std::int64_t sum = 0;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::size_t digits = 0, letters = 0;
    std::int64_t number = 0;
    while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) {
      if (digits == 18) return std::nullopt;
      number = number * 10 + (text[digits++] - '0');
    }
    text.remove_prefix(digits);
    while (letters < text.size() && std::isalpha(static_cast<unsigned char>(text[letters])) != 0) ++letters;
    const std::int64_t factor = letters == 0 && text.empty() ? 1 : find(text.substr(0, letters));
    if (digits == 0 || factor == 0 || number > INT64_MAX / factor - sum) return std::nullopt;
    sum += number * factor;
    text.remove_prefix(letters);
  }
  return negative ? -sum : sum;
}

inline bool is_list(std::uint32_t type) {
  return type == BUS_OPT_LIST || type == BUS_OPT_PATHS;
}

// The row of that name; null if there is none.
inline const bus_option* find_option(const bus_plugin& plugin, std::string_view name) {
  const char* row = reinterpret_cast<const char*>(plugin.options);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i, row += plugin.option_stride) {
    const auto* option = reinterpret_cast<const bus_option*>(row);
    if (option->name == name) return option;
  }
  return nullptr;
}

// Begins with the defaults. Not checked against the table, as the host would: a test may set what it likes.
class FakeSettings {
 public:
  explicit FakeSettings(const bus_plugin& plugin) : plugin_(plugin) {
    const char* row = reinterpret_cast<const char*>(plugin.options);
    for (std::uint32_t i = 0; i < plugin.option_count; ++i, row += plugin.option_stride) {
      const auto& option = *reinterpret_cast<const bus_option*>(row);
      if (option.default_value == nullptr) continue;
      std::string text = option.default_value;
      if (option.type == BUS_OPT_DURATION && text.find_first_not_of("0123456789") == text.npos) text += 's';
      set(option.name, text);
    }
  }

  // A list's elements are separated by commas.
  void set(const std::string& name, const std::string& value) {
    const bus_option* option = find_option(plugin_, name);
    values_[name] = option != nullptr && is_list(option->type) ? split(value) : std::vector{value};
  }
  void set_list(const std::string& name, std::vector<std::string> values) {
    values_[name] = std::move(values);
  }
  void unset(const std::string& name) { values_.erase(name); }

  const std::vector<std::string>& values(const std::string& name) const {
    static const std::vector<std::string> kNone;
    const auto found = values_.find(name);
    return found == values_.end() ? kNone : found->second;
  }
  std::optional<std::int64_t> number(const std::string& name) const {
    const auto& all = values(name);
    if (all.empty()) return std::nullopt;
    if (all[0] == "true" || all[0] == "false") return all[0] == "true" ? 1 : 0;
    const bus_option* option = find_option(plugin_, name);
    return parse_quantity(all[0], option == nullptr ? std::uint32_t{BUS_OPT_INT} : option->type);
  }

 private:
  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
      const std::string_view part = text.substr(0, text.find(','));
      const std::size_t from = part.find_first_not_of(' ');
      if (from != part.npos) parts.emplace_back(part.substr(from));
      text.remove_prefix(part.size() == text.size() ? part.size() : part.size() + 1);
    }
    return parts;
  }

  const bus_plugin& plugin_;
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace bus::testing
