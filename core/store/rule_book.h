// RuleBook: how far each rule has come, and what became of the events that matched it. Part of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::store {

// One event that matched a rule. The words are core/rules'.
struct RuleMatch {
  std::uint64_t seq = 0;      // of the event
  std::string decision;       // what was done about it
  std::string why;            // the reason, where there is one
  std::uint64_t run = 0;      // the run that stands for it; 0: none
  Time at;                    // when that was decided
  std::optional<Time> until;  // when the reason was to end
};

struct RuleProgress {
  std::uint64_t since = 0;   // the rule looks at events behind this one
  std::uint64_t cursor = 0;  // and has decided about all up to this one
  std::uint64_t begun = 0;   // runs that it has made
};

struct RuleMatchQuery {
  std::string rule{};
  std::uint64_t from = 0;  // the first seq
  std::uint64_t to = UINT64_MAX;
  std::uint64_t run = 0;  // only those of this run; 0: any
  bool newest = false;    // the newest first
  std::size_t limit = 1000;
};

// Safe for concurrent use.
class RuleBook {
 public:
  virtual ~RuleBook() = default;

  // A rule that is new: it looks at what comes behind `since`. A known one stays as it is.
  virtual Status begin_rule(std::string_view rule, std::uint64_t since) = 0;
  // Notes what became of matches, and that all up to `cursor` is decided, in one transaction. A match that is
  // noted already stays as it is; a cursor never goes back.
  virtual Status settle(std::string_view rule, std::span<const RuleMatch> matches, std::uint64_t cursor,
                        std::uint64_t begun) = 0;
  // Forgets all of a rule.
  virtual Status end_rule(std::string_view rule) = 0;

  // nullopt: no such rule was begun.
  virtual Result<std::optional<RuleProgress>> rule_progress(std::string_view rule) const = 0;
  virtual Result<std::vector<RuleMatch>> rule_matches(const RuleMatchQuery& query) const = 0;
};

// The name of a rule's cursor.
std::string rule_cursor(std::string_view rule);

}  // namespace bus::store
