// LinuxDisk: the real file system, and inotify.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sources/fs/disk.h"

namespace bus::fs {

// One inotify instance. One thread.
class LinuxDisk final : public Disk {
 public:
  // `while_open`: writes are told before the file is closed, too.
  explicit LinuxDisk(bool while_open) : while_open_(while_open) {}
  ~LinuxDisk() override { close(); }
  LinuxDisk(const LinuxDisk&) = delete;
  LinuxDisk& operator=(const LinuxDisk&) = delete;

  // Begins to watch nothing. 0, or an errno: EMFILE means that there are too many inotify instances, or
  // files.
  int open();
  void close();  // drops all watches
  int fd() const { return fd_; }

  // Hands over what is there now, at most `most` events and a few; false if there may be more.
  bool read(const std::function<void(const Raw&)>& take, std::size_t most);

  Look look(const std::string& path) override;
  Look look_through(const std::string& path) override;
  std::unique_ptr<Listing> list(const std::string& path) override;
  bool read(const std::string& path, std::size_t most, std::string& into) override;
  bool made_up(const std::string& path) override;
  std::int64_t now_ns() override;
  Watched watch(const std::string& path, Wanted wanted) override;
  void unwatch(std::int32_t number) override;

 private:
  const bool while_open_;
  int fd_ = -1;
};

}  // namespace bus::fs
