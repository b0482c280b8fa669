// What `bus wait ci` knows of the checks of one commit, or of one run. Pure: tasks and times go in, the
// answer comes out. EXIT_CODES.md has the rules in words.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/json/reader.h"

namespace bus::cli {

inline constexpr microseconds kCiSettle = seconds(20);  // unless --settle says otherwise

struct CiRules {
  std::string repo;                  // owner/repo, in any case
  std::string sha;                   // lower case, may be only the beginning; empty: not known yet
  std::optional<std::uint64_t> run;  // then only this run and its jobs count, and `sha` does not
  microseconds settle = kCiSettle;
  std::vector<std::string> required{};
  bool any_failure = false;
};

// What a check is for the answer.
enum class CiPart : std::uint8_t {
  decides,
  detail,      // of something that decides: a job of a known run
  same,        // told by another task as well: the check of a known job, the suite of known checks
  superseded,  // a later try took its place
};

struct CiCheck {
  std::string id, kind, name, parent, ref, state, result, blocked_on, url;
  std::uint64_t number = 0;  // GitHub's; 0 for a commit status
  std::int64_t attempt = 1;
  std::uint64_t seq = 0;  // of the report
  std::optional<Time> started, ended;
  bool ok = false;
  std::string text;  // the task as the host has it, JSON
  CiPart part = CiPart::decides;

  bool finished() const { return state == "finished"; }
  bool over() const { return finished() || state == "unknown"; }
  bool bad() const { return finished() && !ok; }
  // kGood, kNotOk or kUnknown. REQUIRES: over().
  int status() const;
  // "failure", "running", "blocked (approval)".
  std::string word() const;
};

class CiChecks {
 public:
  explicit CiChecks(CiRules rules);

  // A task as the store or an event has it, told by the event `seq` that the host received at `at`. Not taken
  // if it is no check of ours, or older than what is known. True if it was taken.
  bool take(json::Node task, std::uint64_t seq, Time at, std::string_view text);

  // The answer that holds at that time, if there is one: kGood, kNotOk or kUnknown.
  std::optional<int> answer(Time now) const;
  // When answer() has to be asked again although nothing was heard; empty: only a report can change anything.
  std::optional<Time> due() const;

  // Those that decide, and of their details the ones that did not go well or are not over; what went wrong
  // first. Valid until the next take().
  std::vector<const CiCheck*> shown() const;
  // "octo/hello c9a1f2e: 3 of 5 checks finished, 1 not ok".
  std::string headline() const;
  // The last line of --json. `status` is the answer, if there was one.
  std::string summary(std::optional<int> status) const;
  // What is still waited for.
  std::vector<std::string> outstanding() const;
  // The ids of those that nobody can observe now.
  std::vector<std::string> unknown() const;

  bool empty() const { return checks_.empty(); }
  const CiRules& rules() const { return rules_; }
  // "octo/hello c9a1f2e", "octo/hello run 98".
  std::string subject() const;

 private:
  struct Index;
  bool is_ours(std::string_view id, json::Node task) const;
  void classify();
  CiPart part_of(const CiCheck& check, const Index& index) const;
  bool is_superseded(const CiCheck& check, const Index& index) const;
  const CiCheck* find(const std::string& id) const;
  std::vector<const CiCheck*> deciding() const;
  std::vector<std::string> missing() const;
  bool has_failed() const;
  bool complete() const;

  CiRules rules_;
  std::string prefix_;                     // of the ids, lower case: "github:octo/hello/"
  std::map<std::string, CiCheck> checks_;  // by id
  std::optional<Time> heard_;              // when any of them was last heard of
};

}  // namespace bus::cli
