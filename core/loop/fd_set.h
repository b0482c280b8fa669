// FdSet: the descriptors that a runner's thread watches, and how other threads wake it from that sleep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace bus::loop {

// Level-triggered. Opens nothing before the first add(). All of one thread, but for wake(). Events are
// EPOLLIN, EPOLLOUT, EPOLLHUP and EPOLLERR.
class FdSet {
 public:
  using Id = std::uint64_t;  // never 0
  using Job = std::function<void(Id, std::uint32_t events)>;
  struct Entry {
    int fd = -1;
    std::uint32_t events = 0;  // 0: paused, the kernel is not asked
    std::string_view what;
    std::shared_ptr<const Job> job;
  };

  // Code::invalid: `fd` cannot be watched, or is watched already.
  Result<Id> add(int fd, std::uint32_t events, std::string_view what, Job job);
  Status modify(Id id, std::uint32_t events);
  void remove(Id id);
  void clear();

  std::size_t size() const { return entries_.size(); }
  // True if something is asked of the kernel.
  bool armed() const { return armed_ != 0; }
  const Entry* find(Id id) const;

  struct Ready {
    Id id;
    std::uint32_t events;
  };
  // Sleeps until something is ready, wake() is called or `limit` has passed (negative: none). The result is
  // valid until the next call; what is removed meanwhile is still in it. REQUIRES: armed().
  const std::vector<Ready>& wait(nanoseconds limit);
  // Ends a wait(), or the next one. Any thread. REQUIRES: something was added before.
  void wake() const;

 private:
  Status open();
  Status tell_kernel(int operation, Id id, const Entry& entry);
  void rebuild();

  UniqueFd epoll_, wake_;
  std::map<Id, Entry> entries_;
  std::vector<Ready> ready_;
  std::size_t armed_ = 0;  // entries with events
  Id last_ = 0;
};

}  // namespace bus::loop
