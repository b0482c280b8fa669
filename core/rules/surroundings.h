// Surroundings: what the rules of a host share. Private to core/rules but for Surroundings itself.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/fanout/hub.h"
#include "core/ingest/ingest.h"
#include "core/metrics/registry.h"
#include "core/process/spawner.h"
#include "core/store/store.h"

namespace bus::rules {

// Everything must outlive the rules.
struct Surroundings {
  store::Store& store;
  fanout::Hub& hub;
  ingest::Ingest& ingest;
  metrics::Registry& metrics;
  const Clock& clock;
  process::Spawner& spawner = process::system_spawner();
  // The newest value of a secret.
  std::function<Result<Secret>(std::string_view name)> secret{};
  // What people should know of: told to the log by the host. Any thread.
  std::function<void(const std::string&)> warn{};

  std::string rules_folder;  // rules.d
  std::string event_folder;  // of the files that programs read
  std::string log_folder;    // <log_folder>/<rule>/<run>-<attempt>.log
  std::string home{};        // where programs run unless told

  std::int64_t max_runs = 8;            // programs at the same time
  std::int64_t max_queued = 1000;       // runs of one rule that wait
  std::uint64_t max_output = 1u << 20;  // bytes kept of each attempt's output
  std::uint64_t max_logs = 256u << 20;  // bytes of all logs
  microseconds stop_grace = seconds(10);
};

// The places for programs, over all rules. Who finds none is called back, in order. One thread.
class Slots {
 public:
  explicit Slots(std::int64_t most) : free_(most) {}
  // False: there is none; `again` will be called when there is one.
  bool take(std::function<void()> again);
  void give();

 private:
  std::int64_t free_;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace bus::rules
