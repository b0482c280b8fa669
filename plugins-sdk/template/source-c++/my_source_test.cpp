// The source against a host without anything behind it.
#include "bus/testing/expect.hpp"
#include "bus/testing/host.hpp"
#include "bus/testing/instance.hpp"

int main() {
  bus::testing::FakeHost host(bus_plugin_v1);
  host.set("text", "hello");
  host.set("every", "10s");
  bus::testing::Instance source(bus_plugin_v1, host);

  BUS_EXPECT(source.start() == BUS_OK);
  BUS_EXPECT(host.events.empty());
  host.abilities.fire_all();
  BUS_EXPECT(host.events.size() == 1);
  BUS_EXPECT(host.events.at(0).summary == "hello");
  source.end();

  host.set("every", "1ms");
  BUS_EXPECT(!source.create());
  BUS_EXPECT(source.error.code == BUS_INVALID);
  return bus::testing::failed_expectations();
}
