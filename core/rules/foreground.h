// Foreground: the runs of `bus on` at somebody's terminal, as tasks. `bus on` tells of them over the socket;
// what is open when it goes away, or does not come back to the next host, ends as an error, "lost".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/base/result.h"
#include "core/loop/runner.h"
#include "core/rules/lineage.h"
#include "core/rules/run_events.h"
#include "core/rules/surroundings.h"

namespace bus::rules {

// One report of a run.
struct ForegroundReport {
  event::State state = event::State::running;  // pending, running or finished
  RunFacts facts;                              // REQUIRES: with a session
  RunEnd end{};                                // of a finished one
};

// The rules' thread.
class Foreground {
 public:
  using Client = std::uint64_t;  // a connection; never the same number twice
  using Done = std::function<void(Result<std::string>)>;

  static constexpr std::size_t kMostOpen = 4096;  // runs of one client
  // For a run to be spoken of again: after its client was gone, and after the host before was.
  static constexpr seconds kClientGone{2}, kHostGone{30};

  Foreground(const Surroundings& at, loop::Runner& runner, Lineage& lineage)
      : at_(at), runner_(runner), lineage_(lineage) {}

  // Finds what the host before has left open.
  void open();
  // Stores it; `done` gets {"task"} after the commit. The same report twice is one.
  void report(Client client, ForegroundReport report, const Done& done);
  void client_gone(Client client);

 private:
  using Runs = std::map<std::string, RunFacts>;  // by task
  // Open in the store, and nobody speaks of it.
  struct Orphan {
    RunFacts facts;
    Mono until;
    const char* why = "";
  };

  Status inherit(std::string_view state);
  void give_up_later(microseconds patience);
  void give_up();
  void lose(const Orphan& orphan);
  void submit(store::NewEvent event, std::string task, const Done& done);

  const Surroundings& at_;
  loop::Runner& runner_;
  Lineage& lineage_;
  std::map<Client, Runs> open_;
  std::map<std::string, Orphan> orphans_;
};

}  // namespace bus::rules
