// The source `docker`: what a container engine tells of its containers, images, networks and volumes.
#include "bus/plugin.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/docker/engine.h"

namespace bus::docker {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class DockerSource final : public Source {
 public:
  static constexpr PluginInfo info{"docker", "1.0.0",
                                   "Containers, images, networks and volumes of Docker or podman."};
  // docker_ and the engine's own types; a newer engine has new ones.
  static constexpr const char* event_types[] = {"*"};
  static constexpr bus_option options[] = {
      option("host", BUS_OPT_STRING,
             "Where the engine is: unix:///path, or tcp://127.0.0.1:port. Without it DOCKER_HOST says, or "
             "the usual "
             "places are looked at."),
      option("types", BUS_OPT_LIST,
             "What to report on: container, image, network, volume, … Without it everything."),
      option("labels", BUS_OPT_LIST,
             "Labels, as key or key=value, that an object must have to be reported on."),
      option(
          "exclude", BUS_OPT_LIST,
          "Actions that are not reported; one that ends with * stands for all that begin so. The commands of "
          "`docker exec` and of health checks are among them.",
          "exec*,resize,top"),
  };

  DockerSource(Host host, const Settings& settings)
      : host_(host), place_(settings.text("host")), engine_(host, read_choice(settings)) {
    Address address;
    if (place_.empty()) return;
    if (Status good = read_address(place_, address); !good.ok()) throw Failure(std::move(good));
  }

  Status start() override {
    Places places = find_places(place_, &variable);
    if (places.all.empty()) {
      host_.report(BUS_HEALTH_IDLE, "DOCKER_HOST: " + places.problem.message());
      return {};
    }
    engine_.start(std::move(places));
    return {};
  }

  void stop() noexcept override { engine_.stop(); }

 private:
  static Choice read_choice(const Settings& settings) {
    const auto texts = [&](const char* name) {
      std::vector<std::string> out;
      for (const std::string_view text : settings.list(name)) {
        if (text.empty()) throw Failure(invalid(std::string(name) + " must not hold an empty text"));
        out.emplace_back(text);
      }
      return out;
    };
    return {texts("types"), texts("labels"), texts("exclude")};
  }

  Host host_;
  std::string place_;
  Engine engine_;
};

}  // namespace
}  // namespace bus::docker

BUS_SOURCE_PLUGIN(bus::docker::DockerSource)
