// The sink against a host without anything behind it.
#include "bus/testing/expect.hpp"
#include "bus/testing/host.hpp"
#include "bus/testing/instance.hpp"

int main() {
  bus::testing::FakeHost host(bus_plugin_v1);
  host.set("path", "/dev/null");
  bus::testing::Instance sink(bus_plugin_v1, host);

  BUS_EXPECT(sink.start() == BUS_OK);
  std::vector<bus::testing::StoredEvent> stored(2);
  stored[0].seq = 1, stored[0].event.summary = "one";
  stored[1].seq = 2, stored[1].event.summary = "two";
  BUS_EXPECT(sink.deliver(stored).code == BUS_OK);
  sink.end();

  host.set("path", "/nonexistent/file");
  BUS_EXPECT(sink.start() == BUS_UNAVAILABLE);
  return bus::testing::failed_expectations();
}
