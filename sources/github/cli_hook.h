// The hooks of the `cli` kind that this source has made at GitHub: kept durably, so that one that a crash
// left behind is used again or deleted, and never doubled.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::github {

struct CliHook {
  std::uint64_t id = 0;
  std::string socket;  // URL of the WebSocket that its deliveries come through
};

// What GitHub says of a hook that was made; nullopt if it is none of the `cli` kind.
std::optional<CliHook> read_cli_hook(const std::string& json);
// The id of the first hook of the `cli` kind in a list.
std::optional<std::uint64_t> find_cli_hook(const std::string& json);
// What asks for one; `events` are GitHub's names, or "*".
std::string cli_hook_request(const std::vector<std::string>& events, std::string_view secret);

// One thread. By repository.
class HookBook {
 public:
  explicit HookBook(Host host) : state_(host) {}

  // Not before start.
  Status load();
  const std::map<std::string, CliHook>& all() const { return hooks_; }
  std::optional<CliHook> find(const std::string& repo) const;
  // Return when it is durable; what fails is tried again with the next change.
  Status put(const std::string& repo, CliHook hook);
  Status remove(const std::string& repo);

 private:
  Status save() const;

  StateStore state_;
  std::map<std::string, CliHook> hooks_;
};

}  // namespace bus::github
