// The asking at GitHub for as long as a `bus wait ci --poll` lasts: a lease at the source `github`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/cli/wait_ci_checks.h"
#include "core/client/connection.h"

namespace bus::cli {

// One thread.
class CiPoll {
 public:
  // Nothing is asked, and keep() does nothing.
  CiPoll() = default;
  // `pull`: the pull request whose newest commit is waited for, if it is one.
  CiPoll(const CiRules& rules, std::optional<std::int64_t> pull);

  // Takes the lease, or renews it when that is due. A host or source that is away is no error: it is tried
  // again.
  Status keep(client::Connection& host);
  // Another host has to be told.
  void lost() { due_ = Mono{}, looked_ = false; }
  // What GitHub says is stored, as of some moment since the wait began; true where nothing is asked.
  bool looked() const { return looked_ || !wish_; }
  // When keep() is due; empty: never.
  std::optional<Mono> due() const { return wish_ ? std::optional(due_) : std::nullopt; }
  // Gives the lease back. What goes wrong with that ends by itself.
  void end(client::Connection& host);

 private:
  struct Wish {
    std::string repo, member, value;  // value: JSON
  };
  client::Call call(const char* op) const;

  std::optional<Wish> wish_;
  Mono due_{};
  bool looked_ = false;
};

}  // namespace bus::cli
