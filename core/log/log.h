// The one way to log. Lines go to stderr; what is data goes elsewhere.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::log {

enum class Level : std::uint8_t { debug, info, warning, error, off };
// automatic: journal if stderr is the journal (JOURNAL_STREAM), text if it is a terminal, else json.
enum class Format : std::uint8_t { automatic, text, json, journal };

std::string_view name(Level level);
// Code::invalid for a word that is none, with the words there are.
Result<Level> level_named(std::string_view name);
Result<Format> format_named(std::string_view name);

// One key and its value. Views: valid for the call.
class Field {
 public:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  Field(std::string_view key, T value) : key_(key), value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral T>
  Field(std::string_view key, T value) : key_(key), value_(static_cast<std::uint64_t>(value)) {}

  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};
using Fields = std::initializer_list<Field>;

struct Options {
  Level level = Level::info;
  Format format = Format::automatic;
  int fd = 2;  // borrowed
  // Of lines with the same level and message, at most `burst` in `window`; the rest is counted and told in
  // one line.
  std::uint32_t burst = 20;
  microseconds window = seconds(10);
};

// Safe for concurrent use. Never throws; a line that cannot be written is lost and counted.
class Logger {
 public:
  Logger(const Options& options, const Clock& clock);
  ~Logger();  // tells what is still held back
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  bool enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(Level level) { level_.store(level, std::memory_order_relaxed); }

  // One line. Text from outside is made printable and cut at 4 KiB a value.
  void write(Level level, std::string_view message, Fields fields = {}) noexcept;
  // Tells how often held-back lines were repeated.
  void flush() noexcept;
  std::uint64_t lost() const;

 private:
  struct Impl;
  std::atomic<Level> level_;
  std::unique_ptr<Impl> impl_;
};

// The process's logger: system clock, default options until configure().
Logger& global();
// Sets up the process's logger. Before threads are started.
void configure(const Options& options);

inline void debug(std::string_view message, Fields fields = {}) noexcept {
  if (Logger& to = global(); to.enabled(Level::debug)) to.write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) noexcept {
  if (Logger& to = global(); to.enabled(Level::info)) to.write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) noexcept {
  if (Logger& to = global(); to.enabled(Level::warning)) to.write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) noexcept {
  if (Logger& to = global(); to.enabled(Level::error)) to.write(Level::error, message, fields);
}

}  // namespace bus::log
