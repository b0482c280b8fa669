// What of the polled tasks the host was told last, so that it is not told the same again and again.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>

#include "bus/cpp/event.hpp"

namespace bus::github {

// One thread. Bounded; what is forgotten is told once more, and the host sees that it is known.
class Told {
 public:
  static constexpr std::size_t kMost = 8192;

  bool is_news(const Event& event) const {
    if (!event.task) return true;
    const auto known = told_.find(event.task->id);
    return known == told_.end() || known->second != print_of(event);
  }
  void put(const Event& event) {
    if (!event.task) return;
    if (told_.size() >= kMost) told_.clear();
    told_[event.task->id] = print_of(event);
  }

 private:
  static std::size_t print_of(const Event& event) {
    const Task& task = *event.task;
    std::string text = std::to_string(task.attempt) + '/' + std::to_string(static_cast<int>(task.state)) +
                       '/' + std::to_string(static_cast<int>(task.result)) + '/' + task.detail;
    // Without a number its time tells one try from the next.
    if (task.attempt == 0) text += '/' + std::to_string(event.time_us);
    return std::hash<std::string>()(text);
  }
  std::unordered_map<std::string, std::size_t> told_;  // by task
};

}  // namespace bus::github
