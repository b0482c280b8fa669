// Errands: what a client has asked the source to do and asks about until it is done.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "bus/plugin.hpp"

namespace bus::github {

// One thread. Of those that are done the last kMost are kept.
class Errands {
 public:
  static constexpr std::size_t kMost = 64;

  std::uint64_t begin() {
    while (all_.size() >= kMost) all_.erase(all_.begin());
    all_[++last_];
    return last_;
  }
  // `result` is JSON; of a status that is an error it does not matter.
  void finish(std::uint64_t id, const Status& status, const std::string& result);
  // The answer to who asks about it; one that is done is forgotten with that. Code::invalid: there is none.
  IntakeReply tell(std::uint64_t id);

 private:
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::string> all_;  // the answer, empty while it is not done
};

}  // namespace bus::github
