// C++ layer: batches of a sink, and its answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bus/cpp/host.hpp"
#include "bus/ext/later.h"
#include "bus/sink.h"

namespace bus {
inline namespace sdk {

// A batch as a range of bus_record.
class Batch {
 public:
  explicit Batch(const bus_batch* batch) : batch_(batch) {}
  // See BUS_BATCH_OUT_OF_TURN.
  bool out_of_turn() const { return (batch_->flags & BUS_BATCH_OUT_OF_TURN) != 0; }
  // See BUS_BATCH_RESUMED.
  bool resumed() const { return (batch_->flags & BUS_BATCH_RESUMED) != 0; }
  std::size_t size() const { return batch_->count; }
  const bus_record& operator[](std::size_t index) const { return *bus_batch_at(batch_, index); }

 private:
  const bus_batch* batch_;
};

// The answer to a batch. With an error, `accepted` events from the front are safely taken all the same; with
// Code::invalid the one behind them will never be.
struct Delivery {
  Status status;
  std::size_t accepted = 0;
  std::chrono::microseconds retry_after{0};
};

namespace detail {
inline void fill_delivery(const Delivery& from, bus_delivery& to) {
  to.accepted = static_cast<std::uint32_t>(from.accepted);
  to.retry_after_us = static_cast<std::uint64_t>(from.retry_after.count());
  const std::size_t length = from.status.message().copy(to.message, sizeof to.message - 1);
  to.message[length] = '\0';
}
}  // namespace detail

// For a sink that does not wait inside deliver: it returns Later::delivery(), and answers when it knows. Used
// on the instance's thread only, between start and stop.
class Later {
 public:
  explicit Later(Host host) : host_(host), table_(host.extension<bus_later>(BUS_EXT_LATER)) {}

  // False: the host waits for deliver. Then a sink that cannot fails to start.
  bool offered() const { return table_ != nullptr; }
  static Delivery delivery() { return {Status(Code::later, {})}; }
  // The answer to the batch that is waiting for one. Code::invalid: none is.
  Status answer(const Delivery& delivery) const {
    if (table_ == nullptr) return absent();
    bus_delivery out{};
    out.size = sizeof out;
    detail::fill_delivery(delivery, out);
    bus_error error = empty_error();
    return status_of(
        table_->answer(host_.c()->self, static_cast<std::int32_t>(delivery.status.code()), &out, &error),
        error);
  }
  // So many from the front are taken already.
  Status progress(std::size_t accepted) const {
    if (table_ == nullptr) return absent();
    bus_error error = empty_error();
    return status_of(table_->progress(host_.c()->self, static_cast<std::uint32_t>(accepted), &error), error);
  }

 private:
  static Status absent() { return {Code::unavailable, "the host takes no later answers"}; }
  Host host_;
  const bus_later* table_;
};

}  // namespace sdk
}  // namespace bus
