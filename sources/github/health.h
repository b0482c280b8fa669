// One source has one state: that of the part that is worst.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "bus/plugin.hpp"

namespace bus::github {

// In the order in which parts that are equally well are told of.
enum class Part : std::size_t { polling, tunnels, webhook };

struct Health {
  bus_health health = BUS_HEALTH_OK;
  std::string reason = {};
};

// How much somebody has to know of it.
constexpr int weight(bus_health health) {
  switch (health) {
    case BUS_HEALTH_FAILED:
      return 4;
    case BUS_HEALTH_WAITING:
      return 3;
    case BUS_HEALTH_RETRYING:
      return 2;
    case BUS_HEALTH_DEGRADED:
      return 1;
    default:
      return 0;
  }
}

// One thread. Tells the host when the whole is another.
class HealthBoard {
 public:
  explicit HealthBoard(Host host) : host_(host) {}

  void set(Part part, Health health) {
    parts_[static_cast<std::size_t>(part)] = std::move(health);
    Health worst;
    for (const Health& one : parts_) {
      const int more = weight(one.health) - weight(worst.health);
      if (more > 0 || (more == 0 && worst.reason.empty())) worst = one;
    }
    if (worst.health == told_.health && worst.reason == told_.reason) return;
    told_ = worst;
    host_.report(told_.health, told_.reason);
  }

 private:
  Host host_;
  std::array<Health, 3> parts_;
  Health told_;
};

}  // namespace bus::github
