#include "core/predicate/time_zone.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "core/base/file.h"
#include "core/base/mutex.h"
#include "core/predicate/tzif.h"

namespace bus::predicate {

namespace {

constexpr std::size_t kMostZones = 64;
constexpr std::size_t kMostBytes = 256u << 10;

// "+hh:mm", "-h:mm", "hh:mm" in seconds.
std::optional<std::int32_t> fixed_offset(std::string_view text) {
  const bool west = text.starts_with('-');
  if (west || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 2 || text.size() != colon + 3)
    return std::nullopt;
  std::int32_t parts[2] = {0, 0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    std::int32_t& part = parts[i < colon ? 0 : 1];
    part = part * 10 + (text[i] - '0');
  }
  if (parts[0] > 23 || parts[1] > 59) return std::nullopt;
  return (parts[0] * 3600 + parts[1] * 60) * (west ? -1 : 1);
}

// Names become paths below the zoneinfo folder: letters, digits and _ + - /, no empty or dotted part.
bool is_zone_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  };
  return !name.empty() && name.size() <= 64 && name[0] != '/' &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::shared_ptr<const Zone> load(std::string_view name) {
  const auto bytes = read_file("/usr/share/zoneinfo/" + std::string(name), kMostBytes);
  if (!bytes) return nullptr;
  auto zone = parse_tzif(*bytes);
  return zone ? std::make_shared<const Zone>(std::move(*zone)) : nullptr;
}

class Zones {
 public:
  std::shared_ptr<const Zone> find(std::string_view name) {
    {
      MutexLock lock(mutex_);
      const auto known = zones_.find(name);
      if (known != zones_.end()) return known->second;
    }
    auto zone = load(name);
    MutexLock lock(mutex_);
    if (zones_.size() >= kMostZones) zones_.clear();
    zones_.emplace(std::string(name), zone);
    return zone;
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Zone>, std::less<>> zones_ BUS_GUARDED_BY(mutex_);
};

}  // namespace

std::optional<std::int32_t> zone_offset(std::string_view zone, std::int64_t seconds) {
  if (zone == "UTC" || zone == "Z") return 0;
  if (const auto fixed = fixed_offset(zone)) return fixed;
  if (!is_zone_name(zone)) return std::nullopt;
  static Zones zones;
  const auto known = zones.find(zone);
  if (!known) return std::nullopt;
  return known->offset(seconds);
}

}  // namespace bus::predicate
