// OnGathered: the events that one run of a program stands for, until the run is over. The newest is in
// memory; those before it are in a file, so that a storm costs disk and not memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/process/event_context.h"

namespace bus::cli {

// One thread.
class OnGathered {
 public:
  // `text` is the event's JSON form, `folder` the place of the file.
  OnGathered(std::uint64_t seq, std::string_view text, std::string folder)
      : seq_(seq), last_(text), folder_(std::move(folder)) {}

  // A newer event, for which the run stands, too. On failure it stands for those before only.
  Status add(std::uint64_t seq, std::string_view text);

  std::uint64_t seq() const { return seq_; }  // of the newest
  std::size_t count() const { return count_; }
  const std::string& last() const { return last_; }
  std::size_t held() const { return last_.size(); }  // bytes in memory

  // The path of a file with all of them, one a line, oldest first; it is there as long as this lives.
  // REQUIRES: nothing is added afterwards.
  Result<std::string> file_of_all();

  // Gives the newest's memory back. REQUIRES: neither is asked for again.
  void release() { last_ = std::string(); }

 private:
  Status append_last();

  std::uint64_t seq_;
  std::size_t count_ = 1;
  std::string last_;
  std::string folder_;
  std::optional<process::EventFile> file_;
  bool complete_ = false;
};

}  // namespace bus::cli
