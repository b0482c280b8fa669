// What is shown of an event. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::notify {

enum class Urgency : std::uint8_t { low = 0, normal = 1, critical = 2 };  // as the specification counts

struct Note {
  std::string summary;  // one line
  std::string body;     // plain text; lines are separated by \n
  const char* icon = "dialog-information";
  Urgency urgency = Urgency::normal;
  std::string task;  // whose earlier note it takes the place of; empty: nobody's
};

// A task that failed or waits for a person is critical, one that ended well is low, anything else normal.
Note note_of(const bus_record& record);

// One line that a screen can take: no control characters, nothing that turns the direction of text, at most
// `most` bytes. `text` is UTF-8.
std::string one_line(std::string_view text, std::size_t most);
// Text as markup: & < > " ' become entities.
std::string escaped(std::string_view text);

}  // namespace bus::notify
