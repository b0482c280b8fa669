// Index: many standing predicates, of which each event evaluates only those that may match it.
//
// From each predicate the index takes one thing that an event must have for it to be true (`scope ==
// "octo/hello"`, `task.kind in ["run", "job"]`, one for each side of an ||) and files it under that.
// PREDICATES.md says which comparisons count. Predicates that require nothing of the kind are evaluated for
// every event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/predicate/predicate.h"

namespace bus::predicate {

// match() may run in several threads at once (each with its own view), add() and remove() alone.
class Index {
 public:
  // Handles only grow: an older predicate has the smaller one.
  using Handle = std::uint64_t;
  using Visitor = std::function<void(Handle)>;

  struct Effort {
    std::size_t evaluated = 0;
    std::size_t matched = 0;
    std::size_t errors = 0;  // of those evaluated
  };

  Index();
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  Handle add(Predicate predicate);
  // False if there is none (any more).
  bool remove(Handle handle);
  std::size_t size() const;

  // Visits the predicates that match, oldest first: exactly those for which match(predicate, event) is `yes`.
  // The visitor must not change the index.
  Effort match(EventView& event, const Visitor& visitor) const;

  // What the predicate is filed under: `scope == "octo/hello"`, alternatives joined by " or "; "every event"
  // if it is evaluated for all, "no event" if it can never match.
  std::string filed_under(Handle handle) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::predicate
