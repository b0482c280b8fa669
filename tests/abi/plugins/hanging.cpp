// A source that never comes back from stop().
#include <unistd.h>

#include "bus/plugin.hpp"

namespace {

class Hanging final : public bus::Source {
 public:
  static constexpr bus::PluginInfo info{"hanging", "1.0.0", "A test source that hangs."};
  static constexpr const char* event_types[] = {"thing"};
  Hanging(bus::Host, const bus::Settings&) {}
  bus::Status start() override { return {}; }
  void stop() noexcept override {
    for (;;) ::pause();
  }
};

}  // namespace

BUS_SOURCE_PLUGIN(Hanging)
