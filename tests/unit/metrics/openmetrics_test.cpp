#include "core/metrics/openmetrics.h"

#include <gtest/gtest.h>

#include "core/metrics/registry.h"

namespace bus::metrics {
namespace {

TEST(OpenMetrics, WritesEveryType) {
  Registry registry;
  registry.counter("bus_b_events_total", "Events \"all\" \\ of\nthem.", {{"source", "a\"b\\c\nd"}}).add(2);
  registry.gauge("bus_a_depth", "Depth.").set(1.5);
  registry.histogram("bus_c_seconds", "Time.", {{"x", "y"}}, {0.25, 1}).observe(0.5);
  EXPECT_EQ(
      registry.openmetrics(),
      "# TYPE bus_a_depth gauge\n"
      "# HELP bus_a_depth Depth.\n"
      "bus_a_depth 1.5\n"
      "# TYPE bus_b_events counter\n"
      "# HELP bus_b_events Events \\\"all\\\" \\\\ of\\nthem.\n"
      "bus_b_events_total{source=\"a\\\"b\\\\c\\nd\"} 2\n"
      "# TYPE bus_c_seconds histogram\n"
      "# HELP bus_c_seconds Time.\n"
      "bus_c_seconds_bucket{x=\"y\",le=\"0.25\"} 0\n"
      "bus_c_seconds_bucket{x=\"y\",le=\"1.0\"} 1\n"
      "bus_c_seconds_bucket{x=\"y\",le=\"+Inf\"} 1\n"
      "bus_c_seconds_count{x=\"y\"} 1\n"
      "bus_c_seconds_sum{x=\"y\"} 0.5\n"
      "# TYPE bus_metrics_refused counter\n"
      "# HELP bus_metrics_refused Series that were asked for and not made: bad name, other type, too many.\n"
      "bus_metrics_refused_total 0\n"
      "# EOF\n");
}

TEST(OpenMetrics, IsPreferredByThoseThatSaySo) {
  EXPECT_TRUE(prefers_openmetrics(
      "application/openmetrics-text;version=1.0.0;q=0.75,"
      "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  EXPECT_TRUE(prefers_openmetrics("Application/OpenMetrics-Text; version=1.0.0"));
  EXPECT_FALSE(prefers_openmetrics(""));
  EXPECT_FALSE(prefers_openmetrics("*/*"));
  EXPECT_FALSE(prefers_openmetrics("text/plain"));
  EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;q=0.2, text/plain;q=0.9"));
  EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;version=2.0.0"));
  EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;q=0"));
}

}  // namespace
}  // namespace bus::metrics
