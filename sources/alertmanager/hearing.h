// The dead man's switch: when each watchdog was heard, and which has been silent for too long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus::alertmanager {

// Times are µs since the Unix epoch. A watchdog's episode is named by when it began and ends with silence:
// all that is heard within it is one occurrence, so a watchdog that is well makes one event and no more. One
// thread.
class Hearing {
 public:
  Hearing(std::vector<std::string> names, std::int64_t patience_us, std::int64_t now_us);

  // What save() gave, at a start. A watchdog whose time ran out while nobody listened gets the whole patience
  // again: what was not there to be heard was not silent. Names that are not watched any more are forgotten.
  void restore(std::string_view saved, std::int64_t now_us);
  std::string save() const;

  // For keys: when the watchdog's episode began.
  std::int64_t episode(std::size_t watchdog) const { return all_[watchdog].episode; }
  // True from the moment that it was called silent until it is heard.
  bool silent(std::size_t watchdog) const { return all_[watchdog].silent; }

  // It fires. True if it was silent before.
  bool heard(std::size_t watchdog, std::int64_t now_us);
  // It is silent from now on: somebody said that it does not fire, or it was overdue. A new episode begins.
  void lost(std::size_t watchdog, std::int64_t now_us);

  // Those that are overdue and not called silent yet.
  std::vector<std::size_t> overdue(std::int64_t now_us) const;
  // When the next will be; nullopt if all are silent.
  std::optional<std::int64_t> due_us() const;

 private:
  struct One {
    std::string name;
    std::int64_t due_us = 0, episode = 0;
    bool silent = false;
  };
  std::vector<One> all_;
  std::int64_t patience_us_;
};

}  // namespace bus::alertmanager
