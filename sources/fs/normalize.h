// From changes to events. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"
#include "sources/fs/changes.h"

namespace bus::fs {

// Whose events they are.
struct Origin {
  std::string root;   // absolute, bytes
  std::string watch;  // the instance's name, or the id of a watch that a client asked for
};

inline constexpr std::size_t kMaxListBytes = 4u << 20;  // of an event's list of changes

// One fs_change: lists the first `limit` changes, fewer where they are long, and counts all.
Event change_event(const Origin& origin, std::span<const Change> changes, std::size_t limit,
                   std::int64_t time_us);

enum class RootState : std::uint8_t { watched, gone, back };
// fs_root: a root is watched from now on, is no longer there, or is there again.
Event root_event(const Origin& origin, RootState state, std::size_t files, std::size_t folders,
                 std::int64_t time_us);

// fs_gap: changes were lost. `reason` is a word; what the new look finds is told by what follows.
Event gap_event(const Origin& origin, std::string_view reason, std::int64_t time_us);

}  // namespace bus::fs
