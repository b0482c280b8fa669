// Outbox: what is to be emitted, in order, in pieces that do not keep the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/fs/normalize.h"

namespace bus::fs {

// One thread: the instance's. Keeps at most kMost changes; with more the rest is dropped, which is told by a
// gap.
class Outbox {
 public:
  static constexpr std::size_t kMost = 200'000;
  static constexpr std::size_t kPiece = 256;  // events of one commit

  // `each`: an event for each change; else one for each add() with the first `limit` of them listed.
  Outbox(Host host, Origin origin, bool each, std::size_t limit);

  void add(std::vector<Change> changes);
  void add(Event event);

  // Emits one piece. ok: it is stored, or can never be and was logged. Else it stays, and may be sent again:
  // its key is the same then.
  Status send();
  bool empty() const { return waiting_.empty(); }
  // Changes, so far.
  std::size_t told() const { return told_; }

 private:
  struct Waiting {
    std::vector<Change> changes;
    std::size_t next = 0;
    std::optional<Event> event;
    std::int64_t time_us = 0;
  };
  std::vector<Event> piece() const;
  void sent(std::size_t events);
  std::string key(std::size_t ahead) const;

  Host host_;
  const Origin origin_;
  const bool each_;
  const std::size_t limit_;
  const std::string key_prefix_;
  std::deque<Waiting> waiting_;
  std::size_t changes_ = 0, told_ = 0;
  std::uint64_t number_ = 0;  // of events sent
};

}  // namespace bus::fs
