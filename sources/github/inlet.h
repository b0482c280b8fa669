// What the ways in beside the HTTP server have in common: how they are, and the passing on of a delivery.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"
#include "sources/github/relayed.h"

namespace bus::github {

// As `bus github status` and the source's state show it.
struct InletState {
  enum class Word : std::uint8_t { connecting, connected, retrying, waiting, degraded };
  Word word = Word::connecting;
  std::string reason = {};
  std::uint64_t deliveries = 0;  // taken
  std::uint64_t refused = 0;     // not taken: a wrong signature, no delivery of GitHub's
  std::int64_t last_us = 0;      // when the last one was taken; 0: never
};
std::string_view word_of(InletState::Word word);

// What an inlet is given. The functions live as long as the inlet.
struct InletNeeds {
  Host host;
  std::string_view way;           // "forward", "smee": for the metrics
  std::string path;               // of the route that takes deliveries
  std::function<void()> changed;  // its state is another
};

// Passes deliveries on to the source's own route, and counts what becomes of them.
class Inlet {
 public:
  explicit Inlet(const InletNeeds& needs);
  virtual ~Inlet() = default;
  Inlet(const Inlet&) = delete;
  Inlet& operator=(const Inlet&) = delete;

  const InletState& state() const { return state_; }

 protected:
  // `answered` is called once, later: the HTTP status and JSON that the sender would have got.
  Status pass(const Relayed& delivery, Relay::Answered answered);
  void say(InletState::Word word, std::string reason = {});
  void count(bool taken);
  void forget_passed() { relay_.forget_all(); }

  Host host() const { return needs_.host; }

 private:
  const InletNeeds needs_;
  Relay relay_;
  std::optional<Metric> taken_, refused_;
  InletState state_;
};

}  // namespace bus::github
