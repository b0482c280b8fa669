#include "sources/github/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_plugin_host.h"

namespace bus::github {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Health, TheWorstPartIsTold) {
  bus_plugin plugin{};
  plugin.name = "github";
  testing::FakePluginHost host(plugin);
  HealthBoard board{Host(host.table())};
  board.set(Part::polling, {});
  EXPECT_THAT(host.reports, IsEmpty()) << "nothing is new";
  board.set(Part::webhook, {BUS_HEALTH_OK, "ping received"});
  board.set(Part::tunnels, {BUS_HEALTH_OK, "connected"});
  board.set(Part::polling, {BUS_HEALTH_DEGRADED, "gone"});
  board.set(Part::tunnels, {BUS_HEALTH_WAITING, "no token"});
  board.set(Part::polling, {BUS_HEALTH_RETRYING, "slow"});
  board.set(Part::polling, {});
  board.set(Part::tunnels, {});
  EXPECT_THAT(host.reports,
              ElementsAre(Pair(BUS_HEALTH_OK, "ping received"), Pair(BUS_HEALTH_OK, "connected"),
                          Pair(BUS_HEALTH_DEGRADED, "gone"), Pair(BUS_HEALTH_WAITING, "no token"),
                          Pair(BUS_HEALTH_OK, "ping received")));
}

}  // namespace
}  // namespace bus::github
