// Jobs that are queued or running, and since when: one that is so for too long is no longer known to be.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"

namespace bus::github {

// One thread. Bounded: the oldest job is forgotten for a further one.
class Stalls {
 public:
  static constexpr std::size_t kMost = 384;

  // A job stalls after so many µs in one state; 0: never.
  explicit Stalls(std::int64_t after_us) : after_us_(after_us) {}

  // A report that was stored, or is about to be. Anything but a job is passed over. True if that changed
  // what save() gives.
  bool note(const Event& event, std::int64_t now_us);
  // Whether a job that was found by asking stands just as when it was given up: no news of it.
  bool is_old_news(const Task& task) const;

  // When the next one is due; nullopt: none.
  std::optional<std::int64_t> due_us() const;
  // The reports on those that are due, found by asking: the host drops them for jobs that have ended.
  std::vector<Event> overdue(std::int64_t now_us) const;
  // What became of a report: it moved its task, or the host knew better and the job is forgotten.
  void told(std::string_view task_id, bool moved);

  std::string save() const;
  // Takes what save() gave; what makes no sense is left out.
  void load(std::string_view saved);
  std::size_t size() const { return jobs_.size(); }

 private:
  struct Job {
    std::uint32_t attempt = 1;
    State state = State::pending;
    std::int64_t since_us = 0;
    bool stalled = false;
    std::string scope, name;
  };
  void forget_oldest();

  std::int64_t after_us_;
  std::map<std::string, Job, std::less<>> jobs_;  // by task
};

}  // namespace bus::github
