// Names of streams: a template with fields of the event in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::redis {

// Copied freely.
class StreamName {
 public:
  // "bus", or with {source}, {type} and {scope} in it. Throws Failure if it is wrong.
  explicit StreamName(std::string_view text);

  // The key for an event. Keys of Redis may hold any byte, so the fields stand in it as they are.
  std::string fill(std::string_view source, const bus_event& event) const;

 private:
  enum class Field { none, source, type, scope };
  struct Piece {
    std::string text;  // before the field
    Field field = Field::none;
  };
  std::vector<Piece> pieces_;
};

}  // namespace bus::redis
