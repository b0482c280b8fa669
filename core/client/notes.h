// Notes: what a client says to its host without waiting for the answer, and says again to the next host where
// none came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "core/base/result.h"
#include "core/client/connection.h"

namespace bus::client {

// One thread.
class Notes {
 public:
  // The request, anew each time. The host must be able to take it twice.
  using Make = std::function<Call()>;
  enum class Lasts {
    until_answered,
    until_replaced  // said to each further host, until there is another note of that topic
  };

  // Sends it if there is a host. Notes arrive in their order.
  void say(Connection* host, std::uint64_t topic, Lasts lasts, Make make);
  // Another host: it hears all of them.
  void say_again(Connection& host);
  // True if that was the answer to one.
  bool take(const Frame& frame);

  std::size_t unanswered() const;
  // The first refusal since it was asked for; such a note is not said again.
  std::optional<Error> take_refusal();

 private:
  struct Note {
    std::uint64_t topic;
    Lasts lasts;
    Make make;
    std::int64_t id = 0;  // of the request under way
    bool answered = false;
  };
  static void send(Connection& host, Note& note);

  std::deque<Note> notes_;
  std::optional<Error> refusal_;
};

}  // namespace bus::client
