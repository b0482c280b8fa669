// Lineage: how often one thing leads to the next. A run's trace tells which events came of it.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/json/reader.h"

namespace bus::rules {

// One thread.
class Lineage {
 public:
  static constexpr int kDeepest = 8;           // runs that lead to each other
  static constexpr std::size_t kKept = 65536;  // traces; the oldest is forgotten first

  // How many runs led to an event with this traceparent; 0 if that is not known.
  int depth(std::string_view traceparent) const;
  // Does nothing for what is none.
  void note(std::string_view traceparent, int depth);

 private:
  std::unordered_map<std::string, int> depths_;
  std::deque<std::string> order_;
};

// What the event of a run itself says of that, by its data; 0 for every other event.
int depth_told(std::string_view source, json::Node data);

}  // namespace bus::rules
