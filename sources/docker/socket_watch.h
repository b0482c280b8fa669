// SocketWatch: tells when a socket may have come, without asking again and again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::docker {

// One thread, the instance's. Watches the folders of the paths with inotify; in place of one that is not
// there the nearest folder above it.
class SocketWatch {
 public:
  explicit SocketWatch(Host host) : watch_(host) {}
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;
  ~SocketWatch() { stop(); }

  // Calls `changed` when one of the paths, or what is missing on the way to it, was made, came or changed its
  // permissions: look again, and start anew. False: not all of the paths can be watched.
  bool start(const std::vector<std::string>& paths, std::function<void()> changed);
  void stop();

 private:
  bool add(const std::string& path);
  void read_events();
  bool concerns_us(int number, std::uint32_t mask, const std::string& name) const;

  FdWatch watch_;
  int fd_ = -1;
  std::function<void()> changed_;
  std::map<int, std::set<std::string>> names_;  // by inotify's number: what is awaited in that folder
};

}  // namespace bus::docker
