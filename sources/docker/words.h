// What the engine's words mean. Tables, pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"

namespace bus::docker {

// What an action does to a container.
enum class Meaning : std::uint8_t {
  nothing,  // it happened, and the container's state is what it was
  created,
  started,
  paused,
  resumed,
  asked,  // a signal was sent
  stopped,
  out_of_memory,
  died,
  destroyed,
  health,
  renamed,
};
Meaning meaning_of(std::string_view action);

// Of an action that belongs to a command run inside a container (`docker exec`, health checks).
bool is_exec(std::string_view action);

// "SIGTERM"; empty for a number that is no common signal.
std::string_view signal_name(int number);
// "15", "TERM", "SIGTERM"; 0 if it is none of them.
int signal_number(std::string_view text);

// What is known of how a container's run ended.
struct End {
  std::optional<int> exit;
  bool out_of_memory = false;  // the engine said so before
  // The last signal that the engine was asked to send: 0 none, kSomeSignal one that it did not name.
  int asked = 0;
};
inline constexpr int kSomeSignal = -1;

struct Ending {
  Outcome result = Outcome::none;
  std::string detail, signal;
};
// 0 is success; after a signal that was asked for, and ends programs, cancellation; 137 after running out of
// memory error; anything else failure. Without a code: error.
Ending ending_of(const End& end);

// The state of a health check.
struct Health {
  State state = State::unknown;
  Outcome result = Outcome::none;
};
Health health_of(std::string_view word);

// Summaries: "container web started", "container web exited with 3". `rest` is what goes with the action: a
// health, a signal, a command.
std::string sentence(std::string_view type, std::string_view name, std::string_view action,
                     std::string_view rest);
std::string sentence(std::string_view name, const Ending& ending, std::optional<int> exit);

}  // namespace bus::docker
