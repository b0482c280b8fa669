// The OpenMetrics 1.0 text of what a registry collected; prometheus-cpp itself only writes the older format.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace bus::metrics {

// Counters, gauges and histograms; families of other types are left out. Ends in "# EOF\n".
std::string to_openmetrics(const std::vector<prometheus::MetricFamily>& families);

// True if an HTTP Accept header likes OpenMetrics at least as well as the older format.
bool prefers_openmetrics(std::string_view accept);

}  // namespace bus::metrics
