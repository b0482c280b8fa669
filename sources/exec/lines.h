// From the lines that a program writes to events, and to what it is told of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"
#include "bus/cpp/form.hpp"
#include "bus/cpp/program.hpp"

namespace bus::exec {

inline constexpr const char* kBadLineType = "exec_bad_line";

// What became of a line.
struct Item {
  std::uint64_t run = 0;       // of the program
  std::uint64_t line = 0;      // counted from 1 in each run
  std::optional<Event> event;  // what it says; of a bad line, what keeps it
  std::string why;             // why it is bad; empty: it is not
  std::string text;            // a bad line, as far as it is kept
};

// Reads the lines of one instance. A key is unique within the instance, so its name is put before it. One
// thread.
class LineReader {
 public:
  LineReader(Form form, std::string_view instance) : form_(form), instance_(instance) {}

  // Another run of the program begins.
  void restart() { ++run_, line_ = 0; }
  std::uint64_t run() const { return run_; }
  // nullopt for a line that has nothing but blanks.
  std::optional<Item> read(const Program::Line& line);

 private:
  Form form_;
  std::string instance_;
  std::uint64_t run_ = 0, line_ = 0;
};

// The event that keeps a bad line: what was wrong with it, the line as text, and the line itself as `raw`.
Event bad_line_event(std::string_view instance, const Item& item);

// What a program that asked for acknowledgements is told, with a newline:
// {"line":1,"ok":true,"seq":7,"id":"…"}, {"line":2,"ok":false,"code":"invalid","message":"…"}
std::string acknowledgement(std::uint64_t line, const Receipt& receipt);
std::string refusal(std::uint64_t line, std::string_view why);

// `text` with every byte that is not part of a UTF-8 character replaced by U+FFFD.
std::string to_utf8(std::string_view text);

}  // namespace bus::exec
