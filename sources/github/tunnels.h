// Tunnels: the ways in for a machine that GitHub does not reach: forwards and smee channels, those of the
// configuration and those that a client has asked for and renews.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/github/cli_hook.h"
#include "sources/github/forward.h"
#include "sources/github/health.h"
#include "sources/github/payload.h"
#include "sources/github/smee.h"

namespace bus::github {

struct TunnelSettings {
  std::string api = "https://api.github.com";
  std::string path;                  // of the route that takes deliveries
  std::vector<std::string> forward;  // repositories
  std::vector<std::string> events = {"*"};
  std::string smee;  // URL of the channel; empty: none
};

// Reads the settings and checks them; throws Failure.
TunnelSettings tunnel_settings(const Settings& settings);

// One thread: the instance's.
class Tunnels {
 public:
  static constexpr std::size_t kMost = 12;  // at a time: each holds a stream of the host's

  // `keys`: as a Forward wants them. `changed`: the health is another.
  Tunnels(Host host, TunnelSettings settings, Forward::Keys keys, std::function<void()> changed);

  void start();
  void stop() noexcept;

  // A message whose `op` is ours (INTAKE.md); nullopt: it is not.
  std::optional<IntakeReply> on_message(const Payload& message);
  // All of them, as a JSON array.
  std::string json() const;
  // How they are, all together; ok and no reason if there are none.
  Health health() const;

 private:
  template <class Way>
  struct Entry {
    std::unique_ptr<Way> way;
    bool configured = false, ending = false;
    std::int64_t until_us = 0;  // of the lease
  };
  using Forwards = std::map<std::string, Entry<Forward>>;
  using Channels = std::map<std::string, Entry<Smee>>;

  Entry<Forward>& add_forward(const std::string& repo, std::vector<std::string> events);
  Entry<Smee>& add_smee(const std::string& url);
  void end_forward(Forwards::iterator entry);
  void end_smee(Channels::iterator entry);
  void arm();
  void expire();
  InletNeeds needs(std::string_view way);

  IntakeReply on_forward(const Payload& message);
  IntakeReply on_smee(const Payload& message);
  IntakeReply on_end(const Payload& message, bool forward);
  std::optional<std::int64_t> lease_of(const Payload& message) const;

  Host host_;
  const TunnelSettings settings_;
  const Forward::Keys keys_;
  const std::function<void()> changed_;
  HookBook book_;
  Timer lease_;
  Forwards forwards_;
  Channels channels_;
  // Those that ended in a call of their own; they go with the next timer.
  std::vector<std::unique_ptr<Forward>> gone_;
  bool running_ = false;
};

}  // namespace bus::github
