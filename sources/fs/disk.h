// Disk: the file system as this source needs it, so that a test can be one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sources/fs/tree.h"

namespace bus::fs {

// What a look at a path has found. `there` is false if nothing is there; `known` is false if that cannot be
// told (no permission, an error of the disk).
struct Look {
  bool known = true;
  bool there = false;
  Type type = Type::other;
  std::uint64_t device = 0, inode = 0, size = 0, links = 1;
  std::int64_t modified_ns = 0;
};

// One pass through a folder.
class Listing {
 public:
  virtual ~Listing() = default;
  // The next name, without `.` and `..`; false at the end. Valid until the next call.
  virtual bool next(std::string_view& name) = 0;
  // The name that next() gave last.
  virtual Look look() = 0;
};

// Paths are absolute, and bytes. Symbolic links are not followed, but in what is above a root. One thread.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Look look(const std::string& path) = 0;
  virtual Look look_through(const std::string& path) = 0;  // the last part may be a link
  // Null: it cannot be read.
  virtual std::unique_ptr<Listing> list(const std::string& path) = 0;
  // A whole file of at most `most` bytes; false: it is none, is larger, or cannot be read.
  virtual bool read(const std::string& path, std::size_t most, std::string& into) = 0;
  // Shows made-up files (/proc and the like).
  virtual bool made_up(const std::string& path) = 0;
  virtual std::int64_t now_ns() = 0;  // the clock that stamps files

  // A watch of a folder: its number, or what went wrong.
  enum class Wanted : std::uint8_t { changes, root, above, above_gone };
  enum class Problem : std::uint8_t { none, gone, limit, denied };
  struct Watched {
    std::int32_t number = -1;
    Problem problem = Problem::none;
  };
  // root: changes, and its own end. above: a folder above a root: its own end; above_gone: also what comes in
  // it.
  virtual Watched watch(const std::string& path, Wanted wanted) = 0;
  virtual void unwatch(std::int32_t number) = 0;
};

// A change as the kernel tells it.
struct Raw {
  enum class What : std::uint8_t {
    created,
    deleted,
    written,  // closed after writing, or written to
    stamped,  // times or rights
    moved_from,
    moved_to,
    itself,    // the watched folder was deleted, moved or unmounted
    ignored,   // the watch is gone
    overflow,  // changes were lost
  };
  What what = What::created;
  std::int32_t watch = -1;
  std::uint32_t cookie = 0;  // of the two halves of a move
  bool folder = false;
  std::string_view name;
};

}  // namespace bus::fs
