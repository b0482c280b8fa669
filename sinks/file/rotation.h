// Files that are full: when a file is, what it is called then, and which of those that are there is which.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/file/tail.h"

namespace bus::file {

// When a file is full.
struct Limits {
  std::uint64_t bytes = 0;             // it would become longer; 0: never
  std::chrono::microseconds every{0};  // the next event came in another period of that length, counted from
                                       // 1970 in UTC; 0: never
};

// True if a file of `size` bytes that ends with `last` is full before `line`, which holds `next`. An empty
// file never is. Time is that of the ids, which is when events came in, so the answer is the same at any
// time.
bool is_full(const Limits& limits, std::uint64_t size, const std::optional<Place>& last, std::uint64_t line,
             const Place& next);

// ms since the Unix epoch out of a ULID; 0 if it is none.
std::int64_t time_of(std::string_view id);

// A file that was full: "<path>.<time>-<seq>-<id>" of its last event, so that a name tells where the file
// ends, also when it is compressed (".gz").
struct Rotated {
  std::string path;  // without ".gz"
  Place last;
  bool plain = false, packed = false;  // which forms of it are there
};

std::string rotated_path(const std::string& path, const Place& last);
// Those that are there, oldest first. Other files are passed over; unfinished ".gz.tmp" as well.
std::vector<Rotated> list_rotated(const std::string& path);
// What was left unfinished when `pack` was interrupted.
void remove_unfinished(const std::string& path);

}  // namespace bus::file
