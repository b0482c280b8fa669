// C++ layer: what the host offers, as classes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/event.hpp"
#include "bus/ext/metric.h"
#include "bus/ext/state.h"
#include "bus/ext/timer.h"
#include "bus/host.h"

namespace bus {
inline namespace sdk {

inline bus_error empty_error() {
  bus_error error{};
  error.size = sizeof error;
  return error;
}
inline Status status_of(std::int32_t code, const bus_error& error) {
  return code == BUS_OK ? Status() : Status(static_cast<Code>(code), error.message);
}
inline void fill(bus_error* error, Code code, std::string_view message) noexcept {
  if (error == nullptr) return;
  error->code = static_cast<std::int32_t>(code);
  const std::size_t length = message.copy(error->message, sizeof error->message - 1);
  error->message[length] = '\0';
}

// The checked settings of an instance. Copied freely; safe on any thread. Views are valid until the instance
// is gone.
class Settings {
 public:
  explicit Settings(const bus_host* host) : host_(host) {}

  bool has(const char* name) const { return host_->setting_count(host_->self, name) != 0; }
  // Empty if not set.
  std::string_view text(const char* name, std::size_t index = 0) const {
    bus_text value{};
    return host_->setting_text(host_->self, name, index, &value) == BUS_OK ? view(value) : std::string_view();
  }
  // Every value of a list, or of a secret.
  std::vector<std::string_view> list(const char* name) const {
    std::vector<std::string_view> all;
    const std::size_t count = host_->setting_count(host_->self, name);
    for (std::size_t i = 0; i < count; ++i) all.push_back(text(name, i));
    return all;
  }
  std::optional<std::int64_t> find_integer(const char* name) const {
    std::int64_t value = 0;
    if (host_->setting_int(host_->self, name, &value) != BUS_OK) return std::nullopt;
    return value;
  }
  // Integers and sizes in bytes; 0 if not set.
  std::int64_t integer(const char* name) const { return find_integer(name).value_or(0); }
  bool boolean(const char* name) const { return integer(name) != 0; }
  std::chrono::microseconds duration(const char* name) const {
    return std::chrono::microseconds(integer(name));
  }

 private:
  const bus_host* host_;
};

// The host, as one instance sees it. A pointer; copied freely. Safe on any thread but for post().
class Host {
 public:
  explicit Host(const bus_host* host) : host_(host) {}

  // Stores the events in one commit and waits for it. The status is that of the first event that was not
  // taken.
  Status emit(std::span<const Event> events, std::vector<Receipt>* receipts = nullptr) const {
    const EventArray array(events);
    std::vector<bus_receipt> answers(receipts != nullptr ? events.size() : 0);
    for (bus_receipt& answer : answers) answer.size = sizeof answer;
    bus_error error = empty_error();
    const std::int32_t code = host_->emit(host_->self, array.data(), array.size(),
                                          answers.empty() ? nullptr : answers.data(), &error);
    for (const bus_receipt& r : answers) {
      receipts->push_back({static_cast<Code>(r.code), r.seq, r.id, static_cast<Effect>(r.effect),
                           (r.flags & BUS_RECEIPT_DUPLICATE) != 0, (r.flags & BUS_RECEIPT_KNOWN) != 0,
                           r.message});
    }
    return status_of(code, error);
  }
  Status emit(const Event& event) const { return emit(std::span(&event, 1)); }

  // Inside a webhook or intake callback only: hands over and returns; the host answers the sender after the
  // commit.
  Status post(std::span<const Event> events) const {
    const EventArray array(events);
    bus_error error = empty_error();
    return status_of(host_->post(host_->self, array.data(), array.size(), &error), error);
  }
  Status post(const Event& event) const { return post(std::span(&event, 1)); }

  std::string_view name() const { return view(host_->name); }
  std::int64_t now_us() const { return host_->now_us(host_->self); }
  void log(bus_log_level level, std::string_view line) const {
    host_->log(host_->self, level, sdk::text(line));
  }
  void report(bus_health health, std::string_view reason = {}) const {
    host_->report_state(host_->self, health, sdk::text(reason));
  }
  Settings settings() const { return Settings(host_); }

  const bus_host* c() const { return host_; }
  // The table of a host extension; null if it is not offered.
  template <class Table>
  const Table* extension(const char* id) const {
    return static_cast<const Table*>(host_->get_extension(host_->self, id));
  }

 private:
  const bus_host* host_;
};

// Calls a function later on the instance's thread. Used on that thread only; the destructor cancels.
class Timer {
 public:
  explicit Timer(Host host) : host_(host), table_(host.extension<bus_timer>(BUS_EXT_TIMER)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Each replaces what this timer was to do before.
  Status once(std::chrono::microseconds delay, std::function<void()> call) {
    return arm(delay, std::chrono::microseconds(0), std::move(call));
  }
  Status every(std::chrono::microseconds period, std::function<void()> call) {
    return arm(period, period, std::move(call));
  }
  void cancel() {
    if (id_ != 0) table_->cancel(host_.c()->self, id_);
    id_ = 0;
  }
  bool armed() const { return id_ != 0; }

 private:
  Status arm(std::chrono::microseconds delay, std::chrono::microseconds period, std::function<void()> call) {
    if (table_ == nullptr) return {Code::unavailable, "the host offers no timers"};
    cancel();
    call_ = std::move(call);
    periodic_ = period.count() != 0;
    bus_error error = empty_error();
    return status_of(
        table_->arm(host_.c()->self, static_cast<std::uint64_t>(delay.count()),
                    static_cast<std::uint64_t>(period.count()), &Timer::fire, this, &id_, &error),
        error);
  }
  static void fire(void* argument, std::uint64_t) noexcept {
    auto& self = *static_cast<Timer*>(argument);
    const std::function<void()> call = self.call_;  // the call may arm or cancel this timer
    if (!self.periodic_) self.id_ = 0;
    const Host host = self.host_;
    try {
      call();
    } catch (const std::exception& error) {
      host.report(BUS_HEALTH_FAILED, error.what());
    } catch (...) {
      host.report(BUS_HEALTH_FAILED, "a timer threw something that is no exception");
    }
  }

  Host host_;
  const bus_timer* table_;
  std::function<void()> call_;
  std::uint64_t id_ = 0;
  bool periodic_ = false;
};

}  // namespace sdk
}  // namespace bus
