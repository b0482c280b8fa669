// From an answer of GitHub's REST API to the events that it means. Pure.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"
#include "sources/github/normalize.h"
#include "sources/github/payload.h"

namespace bus::github {

// What is asked of a repository.
enum class What : std::uint8_t {
  repository,   // itself: what it is called now
  runs,         // its newest runs
  commit_runs,  // the runs of a commit
  run,          // one run
  jobs,         // the jobs of a run
  checks,       // the check runs of a commit
  statuses,     // the commit statuses of a commit
  pull,         // a pull request
};

// A run, as far as it decides what is asked next.
struct RunSeen {
  std::uint64_t id = 0;
  bool over = false;
  std::int64_t created_us = 0, updated_us = 0;
};

struct Reading {
  std::vector<Event> events;  // of what was wanted
  std::vector<RunSeen> runs;  // all that the answer has
  std::string name;           // of the repository, as GitHub writes it; empty if the answer does not say
  std::string head;           // of a pull request: its commit
};

// Not safe for concurrent use.
class Observer {
 public:
  // Whether a run of the answer is to become an event.
  using Wanted = std::function<bool(const RunSeen&)>;

  // Reads the answer to `what`. `repo` is the repository's name as far as it is known; `subject` the run,
  // commit or pull request that was asked for. nullopt: it is not what GitHub answers.
  std::optional<Reading> read(What what, std::string_view repo, std::string_view subject,
                              std::string_view body, const Wanted& wanted);

 private:
  void read_run(const Payload& run, simdjson::dom::element raw, std::string_view repo, const Wanted& wanted,
                Reading& out);
  // Adds the event of one object, written as the webhook that would tell of it.
  void add(std::string_view event_name, std::string_view action, std::string_view member,
           simdjson::dom::element raw, std::string_view repo, Reading& out);
  void read_statuses(const Payload& root, std::string_view repo, std::string_view sha, Reading& out);
  void read_pull(const Payload& root, simdjson::dom::element raw, std::string_view repo, Reading& out);

  simdjson::dom::parser parser_;
  Normalizer normalizer_;
};

}  // namespace bus::github
