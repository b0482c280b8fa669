#include "core/config/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/text.h"
#include "core/base/time_text.h"

namespace bus::config {
namespace {

std::string quoted(std::string_view text) {
  return "'" + printable(text.substr(0, 80)) + "'";
}

}  // namespace

std::string Place::text() const {
  if (line == 0) return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Problem::text() const {
  const std::string where = place.text();
  return (where.empty() ? "" : where + ": ") + message + (hint.empty() ? "" : " (" + hint + ")");
}

Error to_error(std::span<const Problem> problems) {
  std::string all;
  for (const Problem& problem : problems) all += (all.empty() ? "" : "\n") + problem.text();
  return error(Code::config, std::move(all), "`bus config check` looks again without starting anything");
}

std::string_view type_name(const Value& value) {
  constexpr std::array<std::string_view, 5> kNames = {"a string", "an integer", "a number", "a boolean",
                                                      "a list of strings"};
  return kNames[value.index()];
}

TableReader::TableReader(const Table& table, std::string what, std::vector<Problem>& problems)
    : table_(table), what_(std::move(what)), problems_(problems) {}

const Option* TableReader::take(std::string_view key) {
  asked_.emplace(key);
  const auto found = table_.options.find(key);
  return found == table_.options.end() ? nullptr : &found->second;
}

template <class T>
std::optional<T> TableReader::get(std::string_view key, std::string_view wanted) {
  const Option* option = take(key);
  if (option == nullptr) return std::nullopt;
  if (const T* value = std::get_if<T>(&option->value)) return *value;
  complain(key, "'" + std::string(key) + "' must be " + std::string(wanted) + ", not " +
                    std::string(type_name(option->value)));
  return std::nullopt;
}

std::optional<std::string> TableReader::text(std::string_view key) {
  return get<std::string>(key, "a string");
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  return get<bool>(key, "true or false");
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most) {
  const auto value = get<std::int64_t>(key, "an integer");
  if (!value || (*value >= least && *value <= most)) return value;
  complain(key, "'" + std::string(key) + "' must be from " + std::to_string(least) + " to " +
                    std::to_string(most));
  return std::nullopt;
}

std::optional<microseconds> TableReader::duration(std::string_view key) {
  const auto value = get<std::string>(key, "a duration such as \"45s\"");
  if (!value) return std::nullopt;
  const auto parsed = parse_duration(*value);
  if (parsed) return *parsed;
  complain(key, parsed.error().message, parsed.error().hint);
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::bytes(std::string_view key) {
  const auto value = get<std::string>(key, "a size such as \"25MiB\"");
  if (!value) return std::nullopt;
  const auto parsed = parse_size(*value);
  if (parsed) return *parsed;
  complain(key, parsed.error().message, parsed.error().hint);
  return std::nullopt;
}

std::optional<std::vector<std::string>> TableReader::words(std::string_view key) {
  return get<std::vector<std::string>>(key, "a list of strings");
}

std::optional<std::string> TableReader::choice(std::string_view key,
                                               std::span<const std::string_view> words) {
  auto value = text(key);
  if (!value || std::find(words.begin(), words.end(), *value) != words.end()) return value;
  complain(key, "'" + std::string(key) + "' cannot be " + quoted(*value), one_of(*value, words));
  return std::nullopt;
}

void TableReader::complain(std::string_view key, const std::string& message, std::string hint) {
  const auto found = table_.options.find(key);
  const Place& place = found == table_.options.end() ? table_.place : found->second.place;
  problems_.push_back({place, prefix() + message, std::move(hint)});
}

std::string TableReader::prefix() const {
  return what_.empty() ? "" : what_ + ": ";
}

void TableReader::finish() {
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const auto& [key, option] : table_.options) {
    if (asked_.contains(key)) continue;
    problems_.push_back({option.place, prefix() + "unknown key " + quoted(key), did_you_mean(key, known)});
  }
}

std::string did_you_mean(std::string_view given, std::span<const std::string_view> words) {
  const std::string_view near = nearest(given, words);
  return near.empty() ? "" : "did you mean '" + std::string(near) + "'?";
}

std::string one_of(std::string_view given, std::span<const std::string_view> words) {
  if (std::string hint = did_you_mean(given, words); !hint.empty()) return hint;
  std::string list = "one of";
  for (std::string_view word : words) list += (list.size() == 6 ? " " : ", ") + std::string(word);
  return list;
}

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// The binary units from large to small, as format_size() looks for them.
constexpr std::array<Unit, 9> kUnits = {{{"TiB", 1ull << 40},
                                         {"GiB", 1ull << 30},
                                         {"MiB", 1ull << 20},
                                         {"KiB", 1ull << 10},
                                         {"TB", 1'000'000'000'000},
                                         {"GB", 1'000'000'000},
                                         {"MB", 1'000'000},
                                         {"kB", 1'000},
                                         {"B", 1}}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto bad = [&] {
    return error(Code::invalid, "not a size: " + quoted(text), "write it like 25MiB, 512KiB or 1GB");
  };
  double number = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text[0] < '0' || text[0] > '9') return bad();
  const auto [stop, failure] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (failure != std::errc()) return bad();
  const std::string_view unit = trim(std::string_view(stop, static_cast<std::size_t>(end - stop)));
  std::uint64_t factor = unit.empty() ? 1 : 0;
  for (const Unit& known : kUnits) {
    if (known.name == unit) factor = known.factor;
  }
  const double bytes = number * static_cast<double>(factor);
  if (factor == 0 || !(bytes <= 9e18)) return bad();
  return static_cast<std::uint64_t>(std::llround(bytes));
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes != 0 && bytes % unit.factor == 0)
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
  }
  return "0B";
}

}  // namespace bus::config
