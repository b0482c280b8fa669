// Explain: why a predicate did or did not match an event, sub-expression by sub-expression.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/predicate/predicate.h"

namespace bus::predicate {

// One sub-expression. In a loop (`all`, `exists`, …) the parts of the body show the last element that was
// looked at: for a loop that ended early, the one that decided.
struct Part {
  enum class Outcome : std::uint8_t { value, error, skipped };  // skipped: it did not have to be evaluated

  std::uint16_t begin = 0, end = 0;  // bytes of the source
  std::size_t column = 1;            // of `begin`, in characters from 1
  std::string source;
  Outcome outcome = Outcome::skipped;
  std::string text;      // the value for people ("list of 3" for what is large), or the error
  bool decided = false;  // on the way to the part that settled the result
  std::vector<Part> parts;
};

struct Explanation {
  Match match = Match::no;
  std::string why;  // one line: `task.result == "failure" is false`
  Part root;
};

// Evaluates as match() does, and keeps the value of every part.
Explanation explain(const Predicate& predicate, EventView& event);

// Several lines, indented, safe for a terminal, ending with a newline.
std::string to_text(const Explanation& explanation);
// {"match": "no", "why": "…", "root": {"source", "column", "begin", "end", "value" | "error" | "skipped",
// "decided", "parts"}}.
std::string to_json(const Explanation& explanation);

}  // namespace bus::predicate
