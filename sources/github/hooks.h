// A repository's webhooks and their deliveries, as GitHub's REST API tells of them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus::github {

struct Hook {
  std::uint64_t id = 0;
  bool active = false, insecure_ssl = false, has_secret = false;
  std::string url, content_type;
  std::vector<std::string> events;
  std::int64_t last_status = 0;  // of its last delivery; 0: none
  std::string last_message;

  bool tells(std::string_view event) const;
};

// nullopt: that is no list of hooks.
std::optional<std::vector<Hook>> read_hooks(std::string_view json);
// Those that lead to one of these paths of ours, wherever we are reached.
std::vector<Hook> ours_of(const std::vector<Hook>& hooks, const std::vector<std::string>& paths);

struct Delivered {
  std::uint64_t id = 0;
  std::string guid;
  std::int64_t at_us = 0;
  bool good = false;
};

// Newest first, as GitHub lists them. nullopt: that is no list of deliveries.
std::optional<std::vector<Delivered>> read_deliveries(std::string_view json);
// Of each delivery that never got through its latest try; the oldest first.
std::vector<Delivered> never_taken(const std::vector<Delivered>& all);

}  // namespace bus::github
