// What stands at the end of a file that this sink wrote: where it goes on, and what a crash left unfinished.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"

namespace bus::file {

// Which event a line holds.
struct Place {
  std::uint64_t seq = 0;
  std::string id;  // ULID: later ones are greater
};

// Reads one line, without its newline. nullopt if it is not the JSON of an event.
std::optional<Place> read_line(std::string_view line);

struct Tail {
  std::uint64_t size = 0;     // bytes that are good; what lies behind them is torn
  std::optional<Place> last;  // the last good line; nullopt if the file is empty
};

// Looks at the end of the file `fd`, `size` bytes long, without changing it. Lines up to the event
// `acknowledged` are known to be good and are not looked at; what lies behind them was never acknowledged and
// may be torn: a last line without a newline, or, after a power failure, bytes that were never written.
// Code::invalid if a line there is whole but not ours, or if nothing of the file is; Code::unavailable if it
// cannot be read.
Status read_tail(int fd, std::uint64_t size, std::uint64_t acknowledged, Tail& tail);

}  // namespace bus::file
