// A repository that is looked at, and what is asked of it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sources/github/observe.h"

namespace bus::github {

// One request. The URL of a list's further page is GitHub's own.
struct Ask {
  What what = What::repository;
  std::string repo;     // key of the repository
  std::string subject;  // run, commit or pull request
  std::string url;
  std::string etag;  // of what is known of it; empty: nothing
  unsigned page = 1;
};

// What came back. `status` 0: there was no answer.
struct Answered {
  int status = 0;
  std::string_view etag, next, location, message;
};

// What somebody waits for.
struct Follow {
  What what = What::commit_runs;  // or run, or pull
  std::string subject;
  std::int64_t until_us = 0;
  std::string head;            // of a pull request, once it is known
  std::uint64_t asked_in = 0;  // the last round that asked for it
  bool looked = false;         // a whole round has
};

struct Watched {
  enum class Condition : std::uint8_t { fresh, ok, degraded };
  // Of an answer that is still good if GitHub says 304.
  struct Tag {
    std::string etag;
    std::string next;         // the page behind it
    std::uint64_t round = 0;  // when it was last asked for
  };

  // What the credential may not read; asked for again after a while.
  struct Refused {
    std::string reason;
    std::int64_t until_us = 0;
  };

  std::string name;  // as GitHub writes it, once that is known
  std::string base;  // "/repos/octo/hello", or where it has moved to
  bool configured = false, watched = false;
  bool named = false;  // `name` is GitHub's own
  Condition condition = Condition::fresh;
  std::string reason;
  std::map<What, Refused> refused;

  std::int64_t seen_us = 0;     // the latest `updated_at` of a run that is stored; 0: none yet
  std::int64_t changed_us = 0;  // when anything was new
  std::int64_t webhook_us = 0;  // the last delivery; 0: none, or one was missed
  std::int64_t asked_us = 0;
  int status = 0;

  std::int64_t round_us = 0, next_us = 0, every_us = 0;
  std::uint64_t round = 0, finished = 0;  // rounds begun, and ended
  bool again = false;                     // begin another one at once
  bool lost = false;                      // the round was given up
  bool details = false;                   // the runs' own requests of this round are queued
  unsigned moves = 0;                     // redirects of this round
  // Of a list of runs whose further pages are not all stored yet: what holds once they are.
  std::int64_t list_seen_us = 0;
  Tag list_tag;
  std::size_t requests = 0, last_requests = 3;
  std::deque<Ask> queue;
  std::map<std::string, Tag> tags;  // by URL
  std::set<std::uint64_t> active;   // runs under way
  std::set<std::uint64_t> closing;  // runs that have ended: their jobs once more
  std::set<std::uint64_t> listed;   // runs that the last lists had
  std::deque<Follow> follows;

  bool in_round() const { return round > finished; }
  bool wanted() const { return configured || watched || !follows.empty(); }
};

}  // namespace bus::github
