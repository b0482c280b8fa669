// Where things are: the folders and files of one user's bus.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace bus::config {

// Looks a variable of the environment up; nullopt if it is not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
Lookup process_environment();

inline constexpr std::size_t kMaxSocketPath = 107;  // what the kernel's sockaddr_un holds

struct Paths {
  std::string config;   // BUS_CONFIG_DIR, $XDG_CONFIG_HOME/bus, ~/.config/bus
  std::string state;    // BUS_STATE_DIR, $XDG_STATE_HOME/bus, ~/.local/state/bus
  std::string runtime;  // BUS_RUNTIME_DIR, $XDG_RUNTIME_DIR/bus, /tmp/bus-<uid>

  std::string config_file() const { return config + "/config.toml"; }
  std::string rules_folder() const { return config + "/rules.d"; }
  std::string secrets() const { return config + "/secrets"; }
  std::string trust_file() const { return config + "/trust.json"; }
  std::string tokens_file() const { return state + "/tokens.json"; }
  std::string host_lock() const { return state + "/host.lock"; }
  std::string database() const { return state + "/bus.db"; }
  std::string socket() const { return runtime + "/bus.sock"; }
  std::string run_logs() const { return state + "/runs"; }
  std::string event_files() const { return runtime + "/events"; }
};

// Touches nothing. Relative values of XDG variables are ignored, as their specification says; a relative
// BUS_* value, no home to be found, and a socket path of more than 107 bytes are Code::config errors that say
// what to set.
Result<Paths> find_paths(const Lookup& environment);

// Checks that `paths.runtime` is ours alone: a folder, no symlink, owned by us, 0700 or stricter;
// Code::denied says what is wrong, Code::not_found that it is not there. A client calls it before it trusts a
// socket in it.
Status check_runtime(const Paths& paths);
// Makes the three folders (0700) where they are missing and checks them. For the host.
Status make_folders(const Paths& paths);

}  // namespace bus::config
