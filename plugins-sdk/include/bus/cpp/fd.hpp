// C++ layer: a descriptor that is watched.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "bus/cpp/host.hpp"
#include "bus/ext/fd.h"

namespace bus {
inline namespace sdk {

// Calls a function while a descriptor is ready. Used on the instance's thread only, between start and stop;
// the destructor ends it. The descriptor stays the caller's and must be closed after stop().
class FdWatch {
 public:
  using Ready = std::function<void(std::uint32_t events)>;  // bus_fd_events

  explicit FdWatch(Host host) : host_(host), table_(host.extension<bus_fd>(BUS_EXT_FD)) {}
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  ~FdWatch() { stop(); }

  // Replaces what was watched before.
  Status start(int fd, std::uint32_t events, Ready ready) {
    if (table_ == nullptr) return {Code::unavailable, "the host watches no descriptors"};
    stop();
    ready_ = std::make_shared<const Ready>(std::move(ready));
    bus_error error = empty_error();
    return status_of(table_->watch(host_.c()->self, fd, events, &FdWatch::call, this, &id_, &error), error);
  }
  // Other events from now on; 0 pauses.
  Status modify(std::uint32_t events) {
    if (id_ == 0) return invalid("nothing is watched");
    bus_error error = empty_error();
    return status_of(table_->modify(host_.c()->self, id_, events, &error), error);
  }
  void stop() {
    if (id_ != 0) table_->remove(host_.c()->self, id_);
    id_ = 0;
  }
  bool active() const { return id_ != 0; }

 private:
  static void call(void* argument, std::uint64_t, std::uint32_t events) noexcept {
    const auto& self = *static_cast<FdWatch*>(argument);
    const std::shared_ptr<const Ready> ready = self.ready_;  // the call may stop or replace this watch
    report_thrown(self.host_, "a watch", [&] { (*ready)(events); });
  }

  Host host_;
  const bus_fd* table_;
  std::shared_ptr<const Ready> ready_;
  std::uint64_t id_ = 0;
};

}  // namespace sdk
}  // namespace bus
