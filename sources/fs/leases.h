// Leases: what clients ask to be watched for as long as they are there, and the messages in which they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/fs/watcher.h"

namespace bus::fs {

// A client's request, read and checked.
struct LeaseRequest {
  static constexpr std::size_t kMostPaths = 4096, kMostPatterns = 256, kMostText = 4096;

  std::vector<std::string> paths;
  WatcherSettings settings;   // but for `watch` and the root
  std::int32_t pid = 0;       // of the client; 0: not told
  std::uint64_t started = 0;  // when that process was started, as /proc/PID/stat has it
};

// A bad message is Code::invalid. README.md has its members.
Status read_lease(std::string_view json, LeaseRequest& request);

// One thread: the instance's, between start and stop. Clients with the same wish share one watch. A lease
// ends with the client's process, which the kernel tells; where that process cannot be seen (another
// namespace) it ends kTerm after it was last asked for.
class Leases {
 public:
  static constexpr std::size_t kMostWatches = 128, kMostHolders = 512, kMostRoots = 64;
  static constexpr std::int64_t kTerm = 60'000'000;

  Leases(Host host, Watcher::Told told) : host_(host), told_(std::move(told)) {}

  // A watch for the client. The reply is {"watch": id, "ready": …, "renew_s": …}; renew_s is 0 where the
  // process is seen.
  Status take(std::string_view json, std::string& reply);
  void stop() noexcept { watches_.clear(); }

  void each(const std::function<void(const Watcher&)>& visit) const;
  std::size_t size() const { return watches_.size(); }

 private:
  struct Holder {
    explicit Holder(Host host) : ended(host) {}
    ~Holder();
    std::uint64_t started = 0;
    int fd = -1;  // pidfd
    FdWatch ended;
  };
  struct Watch {
    explicit Watch(Host host) : term(host) {}
    std::vector<std::unique_ptr<Watcher>> watchers;
    std::map<std::int32_t, std::unique_ptr<Holder>> holders;  // by process
    Timer term;                                               // of those that cannot be seen
  };

  Watch& open(const std::string& id, const LeaseRequest& request, std::vector<MirrorSettings> roots);
  bool hold(const std::string& id, Watch& watch, const LeaseRequest& request);
  void drop_if_unheld(const std::string& id);
  std::size_t holders() const;

  Host host_;
  const Watcher::Told told_;
  std::map<std::string, std::unique_ptr<Watch>> watches_;
};

}  // namespace bus::fs
