// Tables of free options, as plugins and rules have them: read from TOML without knowing their keys, typed
// later by who knows them, with the place of every value kept for the error.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::config {

// Where something stands: "file:line:column". Line 0: not in a file (`file` names the flag or the variable).
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string text() const;
};

// One thing that is wrong in the configuration.
struct Problem {
  Place place;
  std::string message;
  std::string hint{};
  // "config.toml:3:1: unknown key 'lisen' (did you mean 'listen'?)"
  std::string text() const;
};

// All problems as one Code::config error, one a line. REQUIRES: there is one.
Error to_error(std::span<const Problem> problems);

using Value = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;
// "a string", "an integer", … for messages.
std::string_view type_name(const Value& value);

struct Option {
  Value value;
  Place place;
};

struct Table {
  Place place;
  std::map<std::string, Option, std::less<>> options;
};

// Reads a table's options by name and type, once each. Wrong types and words, and what nobody asked for,
// become problems; a getter gives nullopt for what is not there or wrong. One thread.
class TableReader {
 public:
  // `what` names the table in messages: "rule 'triage'"; it may be empty.
  TableReader(const Table& table, std::string what, std::vector<Problem>& problems);

  std::optional<std::string> text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<microseconds> duration(std::string_view key);  // "45s"
  std::optional<std::uint64_t> bytes(std::string_view key);    // "25MiB"
  std::optional<std::vector<std::string>> words(std::string_view key);
  std::optional<std::string> choice(std::string_view key, std::span<const std::string_view> words);

  // A problem of the reader's own finding, at the option (at the table if it is not there).
  void complain(std::string_view key, const std::string& message, std::string hint = {});
  // Says of every option that was not asked for that it is unknown, with the nearest name that was.
  void finish();

 private:
  std::string prefix() const;
  const Option* take(std::string_view key);
  template <class T>
  std::optional<T> get(std::string_view key, std::string_view wanted);

  const Table& table_;
  std::string what_;
  std::vector<Problem>& problems_;
  std::set<std::string, std::less<>> asked_;
};

// Hints for a word that is none: "did you mean 'x'?" (empty if nothing is near), or else the words there are.
std::string did_you_mean(std::string_view given, std::span<const std::string_view> words);
std::string one_of(std::string_view given, std::span<const std::string_view> words);

// Sizes as text: "25MiB", "1.5GB", "512" (bytes). Units B, kB MB GB TB (1000) and KiB MiB GiB TiB (1024).
Result<std::uint64_t> parse_size(std::string_view text);
// The shortest text that parse_size reads back: "25MiB".
std::string format_size(std::uint64_t bytes);

}  // namespace bus::config
