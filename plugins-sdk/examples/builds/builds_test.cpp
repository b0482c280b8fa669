// What the cases do not show: what is sent, and what a restart knows.
#include "bus/testing/expect.hpp"
#include "bus/testing/host.hpp"
#include "bus/testing/instance.hpp"

int main() {
  bus::testing::FakeHost host(bus_plugin_v1);
  host.set("url", "https://builds.example/api");
  host.set("token", "hush");
  bus::testing::Instance source(bus_plugin_v1, host);
  auto& requests = host.abilities.requests;

  BUS_EXPECT(source.start() == BUS_OK);
  BUS_EXPECT(requests.size() == 1);
  BUS_EXPECT(requests.begin()->second.url == "https://builds.example/api/builds");
  BUS_EXPECT(requests.begin()->second.headers["Authorization"] == "Bearer hush");
  host.abilities.fire_all();
  BUS_EXPECT(requests.size() == 1);  // one question at a time

  // What the host does not take is asked for again.
  const std::string one = R"([{"id":1,"project":"octo/hello","status":"passed"}])";
  host.answer = BUS_UNAVAILABLE;
  host.abilities.answer(requests.begin()->first, 200, one, {{"ETag", "\"a\""}});
  BUS_EXPECT(host.abilities.state.empty());
  BUS_EXPECT(host.reports.back().first == BUS_HEALTH_RETRYING);
  host.answer = BUS_OK;
  host.abilities.fire_all();
  host.abilities.answer(requests.begin()->first, 200, one, {{"ETag", "\"a\""}});
  BUS_EXPECT(host.events.size() == 1);
  BUS_EXPECT(host.events.at(0).task->result == bus::Outcome::success);
  source.end();
  BUS_EXPECT(requests.empty());

  BUS_EXPECT(source.start() == BUS_OK);
  BUS_EXPECT(requests.begin()->second.headers["If-None-Match"] == "\"a\"");
  return bus::testing::failed_expectations();
}
