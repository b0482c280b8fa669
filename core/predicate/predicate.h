// Predicates: CEL expressions, compiled once and evaluated on events. PREDICATES.md is the language.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/predicate/event_view.h"

namespace bus::predicate {

struct Program;

// A compiled expression. Immutable: safe to share between threads; a copy costs a reference count.
class Predicate {
 public:
  explicit Predicate(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::string_view source() const;
  const Program& program() const { return *program_; }

 private:
  std::shared_ptr<const Program> program_;
};

// Compiles an expression over the variables of an event. Code::invalid says what is wrong and in which
// column, with the nearest known name or the place itself (a line and a caret below it) as hint; Code::limit:
// more than 4 KiB of source, or nested deeper than 64.
Result<Predicate> compile(std::string_view source);

// What an expression says of an event. As a filter everything but `yes` means "does not match"; errors are
// counted and explained by whoever asks.
enum class Match : std::uint8_t { no, yes, error };

// Evaluates; never fails otherwise and never runs long: after a million steps the answer is `error`. A result
// that is no bool is an `error`. `why` then gets the reason in one line. Any thread may call it; the view is
// used by one thread at a time. Allocates nothing for comparisons, logic, field selection and searches in
// text.
Match match(const Predicate& predicate, EventView& event, std::string* why = nullptr);
inline bool matches(const Predicate& predicate, EventView& event) {
  return match(predicate, event) == Match::yes;
}

// What the expression computes for the event, as JSON (see typed_json.h for what CEL has and JSON does not).
Result<std::string> evaluate_json(const Predicate& predicate, EventView& event);

// Evaluates an expression without an event: its variables are the members of `variables` (missing: there are
// none). The value as JSON.
Result<std::string> evaluate_json(std::string_view source, json::Node variables);

}  // namespace bus::predicate
