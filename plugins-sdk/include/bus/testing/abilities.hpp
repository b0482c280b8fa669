// For tests of a plugin: every extension of the fake host. What a plugin asked for is kept, and the test
// calls back when it likes. All but state and metrics are of the instance's thread.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "bus/testing/programs.hpp"
#include "bus/testing/requests.hpp"
#include "bus/testing/self.hpp"
#include "bus/testing/timers.hpp"
#include "bus/testing/values.hpp"

namespace bus::testing {

struct FakeAbilities : FakeTimers, FakePrograms, FakeRequests, FakeValues {
  explicit FakeAbilities(FakeHost& host) {
    self.host = &host;
    self.timers = this, self.programs = this, self.requests = this, self.values = this;
  }
  FakeAbilities(const FakeAbilities&) = delete;
  FakeAbilities& operator=(const FakeAbilities&) = delete;

  static constexpr const char* kIds[] = {BUS_EXT_TIMER,  BUS_EXT_FD,    BUS_EXT_PROCESS, BUS_EXT_HTTP,
                                         BUS_EXT_STREAM, BUS_EXT_RELAY, BUS_EXT_EXPR,    BUS_EXT_FORM,
                                         BUS_EXT_LATER,  BUS_EXT_STATE, BUS_EXT_METRIC};

  const bus_expr* expr = &kExpr;  // results that were prepared, unless the test brings a language
  bool bare = false;              // no extension is there
  std::set<std::string, std::less<>> missing;  // ids of those that are not there
  FakeSelf self;                               // of every table, and of bus_host

  // Every timer, watch, program, request and stream is over, as after stop.
  void end_all() {
    timers.clear(), watches.clear(), programs.clear();
    requests.clear(), streams.clear(), relayed.clear();
  }

  // The table of an extension; null for one that is not there.
  const void* table(std::string_view id) const {
    if (bare || missing.count(id) != 0) return nullptr;
    if (id == BUS_EXT_EXPR) return expr;
    if (id == BUS_EXT_TIMER) return &kTimer;
    if (id == BUS_EXT_FD) return &kFd;
    if (id == BUS_EXT_PROCESS) return &kProcess;
    if (id == BUS_EXT_HTTP) return &kHttp;
    if (id == BUS_EXT_STREAM) return &kStream;
    if (id == BUS_EXT_RELAY) return &kRelay;
    if (id == BUS_EXT_FORM) return &kForm;
    if (id == BUS_EXT_LATER) return &kLater;
    if (id == BUS_EXT_STATE) return &kState;
    if (id == BUS_EXT_METRIC) return &kMetric;
    return nullptr;
  }
};

}  // namespace bus::testing
