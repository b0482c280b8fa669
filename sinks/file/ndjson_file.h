// A file that only ever grows by whole lines, whatever happens to the disk, the process or the file's name,
// and that gives way to a new one when it is full.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"
#include "sinks/file/tail.h"

namespace bus::file {

// Makes the names in the folder of `path` last.
void sync_folder(const std::string& path);

// One writer: the file is locked (flock) against a second one. Not safe for concurrent use.
class NdjsonFile {
 public:
  // `path` is absolute. With `sync` every append is safe against power loss before it returns.
  NdjsonFile(std::string path, bool sync) : path_(std::move(path)), sync_(sync) {}
  NdjsonFile(const NdjsonFile&) = delete;
  NdjsonFile& operator=(const NdjsonFile&) = delete;
  ~NdjsonFile() { close(); }

  // Opens the file, or makes it (0600), locks it, and cuts off what a crash left unfinished behind the event
  // `acknowledged`. Code::invalid if it is a link, no file, or not ours; Code::denied if that is not allowed;
  // Code::unavailable if its folder is missing, somebody else has locked it, or the disk fails. On failure
  // nothing stays open. An empty file goes on behind the newest full one that rotate() has left.
  Status open(std::uint64_t acknowledged);

  // The last event that is known to be in the file, or was, before somebody put an empty one in its place.
  const std::optional<Place>& last() const { return last_; }
  // Bytes that were cut off when the file was opened last.
  std::uint64_t torn() const { return torn_; }

  // Appends whole lines, the last of which holds `last`: all of them or, on failure, none. If the file was
  // moved away, removed or changed by somebody since, it is opened anew under its name first. REQUIRES:
  // open() succeeded once.
  Status append(std::string_view lines, Place last);

  // Gives the file the name of a full one (rotation.h) and begins a new one. What is in it is safe against
  // power loss then. Nothing happens to an empty file. On failure the next append opens what is there.
  // REQUIRES: open() succeeded once.
  Status rotate();
  // Makes what was appended safe against power loss.
  Status sync();

  std::uint64_t size() const { return size_; }

  // Safe twice.
  void close() noexcept;

 private:
  Status open_and_lock(struct stat& found);
  Status adopt(std::uint64_t acknowledged, struct stat& found);
  bool is_still_there() const;
  Status write(std::string_view lines);
  void take_back() noexcept;

  const std::string path_;
  const bool sync_;
  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t torn_ = 0;
  std::optional<Place> last_;
};

}  // namespace bus::file
