// What `bus wait task` knows of the tasks that it waits for, and of their members. Pure: tasks and times go
// in, the answer comes out. EVENTS.md has the rules of groups.
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

inline constexpr microseconds kSettle = seconds(2);  // unless --settle says otherwise

// One task that is waited for. It is a group if its kind says so, if only its members have reported (their
// `parent` names it), or if that was asked for; else its own reports are the answer.
class AwaitedTask {
 public:
  AwaitedTask(std::string id, Time since, std::optional<microseconds> settle)
      : id_(std::move(id)),
        since_(since),
        settle_(settle.value_or(kSettle)),
        asked_group_(settle.has_value()) {}

  const std::string& id() const { return id_; }
  // A task as the store or an event has it, heard of at that time. True if it is this one, or a member of it.
  bool take(json::Node task, Time at);
  // Whether the answer is there at that time; it stays as it is from then on.
  bool settle(Time now);
  bool is_settled() const { return status_.has_value(); }
  // When settle() has to be asked again although nothing was heard; empty: only a report can change anything.
  std::optional<Time> due() const;

  bool is_group() const;
  bool is_reported() const { return own_.has_value() || !members_.empty(); }
  // kGood, kNotOk or kUnknown. REQUIRES: is_settled().
  int status() const { return *status_; }
  // "finished", or where it is: "running", "unknown", "pending".
  std::string_view state() const;
  std::size_t members() const { return members_.size(); }
  // What is still waited for, for people.
  std::string outstanding() const;
  // Itself or members that nobody can observe now.
  std::vector<std::string> unknown() const;

 private:
  struct Report {
    std::string state, kind;
    bool ok = false;
    std::uint64_t attempt = 0;

    bool is(std::string_view word) const { return state == word; }
    bool over() const { return is("finished") || is("unknown"); }
    int status() const;
  };
  static Report report_of(json::Node task);
  bool all_over() const;
  std::optional<int> answer(Time now) const;
  Time settled_at() const { return heard_.value_or(since_) + settle_; }

  std::string id_;
  std::optional<Report> own_;
  std::map<std::string, Report> members_;
  Time since_;                 // when the waiting began
  std::optional<Time> heard_;  // when it or a member was last heard of
  microseconds settle_;
  bool asked_group_;
  std::optional<int> status_;
};

// The worse of two statuses: not ok, then unknown, then good.
int worse_status(int a, int b);

}  // namespace bus::cli
