// Watcher: one root, watched: the kernel's events go in, the host's come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/fs/changes.h"
#include "sources/fs/linux_disk.h"
#include "sources/fs/mirror.h"
#include "sources/fs/outbox.h"
#include "sources/fs/pace.h"

namespace bus::fs {

struct WatcherSettings {
  std::string watch;  // the instance's name, or a client's watch
  MirrorSettings mirror;
  bool while_open = false;
  std::int64_t debounce_us = 100'000, max_wait_us = 2'000'000;
  bool each = false;
  std::size_t limit = 1000;
};

// One thread: the instance's, between start and stop. Never waits for the disk longer than one step of
// looking through takes, nor for the host longer than one commit. Idle it costs no wake-up.
class Watcher {
 public:
  // Figures may be others; with `health` health() is, or ready() is.
  using Told = std::function<void(bool health)>;

  Watcher(Host host, WatcherSettings settings, Told told);
  ~Watcher() { stop(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void start();
  void stop() noexcept;

  // All was looked through once, and every change from then on is told.
  bool ready() const { return ready_; }
  const WatcherSettings& settings() const { return settings_; }

  struct Health {
    bus_health health = BUS_HEALTH_OK;
    std::string reason;
  };
  Health health() const;
  struct Figures {
    Mirror::Figures mirror;
    std::size_t memory = 0, changes = 0, gaps = 0;
  };
  Figures figures() const;

 private:
  void open();
  void readable();
  void work();
  void look_for_root(std::int64_t now);
  void watch_above();
  void take(const Raw& raw, std::int64_t now);
  void note(std::uint64_t version, std::int64_t now);
  void take_overflow(std::int64_t now);
  void take_due(std::int64_t now);
  void tell(std::int64_t now);
  void flush(std::int64_t now);
  void send(std::int64_t now);
  void arm(std::int64_t now);
  std::uint64_t state() const;
  Origin origin() const { return {settings_.mirror.root, settings_.watch}; }

  Host host_;
  const WatcherSettings settings_;
  const Told told_;
  LinuxDisk disk_;
  Changes changes_;
  Mirror mirror_;
  Pace pace_;
  Outbox outbox_;
  FdWatch watch_;
  Timer timer_;
  std::optional<std::int64_t> armed_;  // when the timer fires
  std::vector<std::int32_t> above_;    // watches of the folders above the root
  bool above_changed_ = false;
  bool ready_ = false, there_ = false;
  int open_failed_ = 0;      // errno
  bool again_ = false;       // looking again after a gap
  std::int64_t pause_ = 0;   // before looking again
  std::int64_t looked_ = 0;  // when the last looking again was done
  std::int64_t send_pause_ = 0;
  std::optional<std::int64_t> look_due_, retry_due_, send_due_;
  std::size_t gaps_ = 0;
  std::uint64_t state_ = 0;  // what health() was made of
};

}  // namespace bus::fs
