// For tests of a plugin: a host for one instance, without anything behind it. Settings by hand; what was
// emitted, posted, reported and logged is kept; extensions do what the test says. It needs no test library.
//
// Any thread of the plugin may emit, log, report, and use states and metrics; the test looks at what was kept
// while no such thread runs. All else is of the instance's thread, which is the test's.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/event.hpp"
#include "bus/cpp/form.hpp"
#include "bus/plugin.h"
#include "bus/testing/abilities.hpp"
#include "bus/testing/settings.hpp"

namespace bus::testing {

class FakeHost {
 public:
  using Taken = Event;

  // The settings begin with the plugin's defaults.
  explicit FakeHost(const bus_plugin& plugin)
      : settings(plugin), abilities(*this), name_(plugin.name != nullptr ? plugin.name : "") {
    fill_table();
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const bus_host* table() const { return &table_; }
  void set(const std::string& name, const std::string& value) { settings.set(name, value); }
  void set_list(const std::string& name, std::vector<std::string> values) {
    settings.set_list(name, std::move(values));
  }

  FakeSettings settings;
  FakeAbilities abilities;     // timers, watches, …: what the plugin asked for, and ways to call it back
  std::vector<Event> events;   // emitted and posted, that were taken
  std::size_t offered = 0;     // emitted and posted, taken or not
  std::vector<Event> refused;  // those of them that were not taken
  std::vector<Event> dropped;  // those that were posted by a callback that then failed
  std::vector<std::pair<std::int32_t, std::string>> reports;  // health and reason
  std::vector<std::string> logged;
  std::int32_t answer = BUS_OK;  // to emit and post
  // What emit makes of one event, and post of a whole call for its first event, where `answer` is BUS_OK; not
  // set: it is taken.
  std::function<std::int32_t(const Event&)> judge;
  std::int64_t now_us = 1'000'000;
  bool stopped = false;  // emit and post answer BUS_STOPPING from now on
  bool over = false;     // stop has returned: nothing may be emitted any more
  std::size_t late = 0;  // events that were offered all the same

  // Around a webhook or intake callback, as Instance has it: what it posts is stored when it has ended well.
  // (Of a test that calls the plugin's tables itself it is stored at once.)
  class Callback {
   public:
    explicit Callback(FakeHost& host) : host_(host) { host_.posted_.emplace(); }
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;
    ~Callback() {
      auto& into = good ? host_.events : host_.dropped;
      const std::lock_guard lock(host_.mutex());
      for (Event& event : *host_.posted_) into.push_back(std::move(event));
      host_.posted_.reset();
    }
    bool good = false;

   private:
    FakeHost& host_;
  };

 private:
  static FakeHost& of(void* self) { return *FakeSelf::of(self).host; }
  std::mutex& mutex() { return abilities.self.mutex; }

  void fill_table() {
    table_.size = sizeof table_;
    table_.abi_minor = BUS_ABI_MINOR;
    table_.self = &abilities.self;  // the tables of extensions get it, too
    table_.name = {name_.data(), name_.size()};
    table_.emit = [](void* self, const bus_event* all, std::size_t count, bus_receipt* receipts,
                     bus_error* error) { return of(self).take_each(all, count, receipts, error); };
    table_.post = [](void* self, const bus_event* all, std::size_t count, bus_error* error) {
      return of(self).take(all, count, error);
    };
    table_.log = [](void* self, std::int32_t, bus_text line) {
      const std::lock_guard lock(of(self).mutex());
      of(self).logged.push_back(text_of(line));
    };
    table_.now_us = [](void* self) { return of(self).now_us; };
    table_.report_state = [](void* self, std::int32_t health, bus_text reason) {
      const std::lock_guard lock(of(self).mutex());
      of(self).reports.emplace_back(health, text_of(reason));
    };
    table_.setting_count = [](void* self, const char* name) { return of(self).settings.values(name).size(); };
    table_.setting_text = [](void* self, const char* name, std::size_t index,
                             bus_text* value) -> std::int32_t {
      const auto& values = of(self).settings.values(name);
      if (index >= values.size()) return BUS_INVALID;
      *value = text_of(values[index]);
      return BUS_OK;
    };
    table_.setting_int = [](void* self, const char* name, std::int64_t* value) -> std::int32_t {
      const auto number = of(self).settings.number(name);
      if (!number) return BUS_INVALID;
      *value = *number;
      return BUS_OK;
    };
    table_.get_extension = [](void* self, const char* id) { return of(self).abilities.table(id); };
  }

  std::int32_t judged(const Event& event) const {
    return stopped ? std::int32_t{BUS_STOPPING} : answer == BUS_OK && judge ? judge(event) : answer;
  }
  std::int32_t take(const bus_event* all, std::size_t count, bus_error* error) {
    const std::lock_guard lock(mutex());
    note(count);
    std::vector<Event>& taken = posted_ ? *posted_ : events;
    std::int32_t code = stopped ? std::int32_t{BUS_STOPPING} : answer;
    for (std::size_t i = 0; i < count; ++i) {
      Event event = sdk::detail::event_of(all[i]);
      if (i == 0) code = judged(event);
      (code == BUS_OK ? taken : refused).push_back(std::move(event));
    }
    return refuse(error, code, "not taken");
  }
  // With a receipt for each; BUS_STOPPING leaves them as they are, as the real host does.
  std::int32_t take_each(const bus_event* all, std::size_t count, bus_receipt* receipts, bus_error* error) {
    const std::lock_guard lock(mutex());
    note(count);
    std::int32_t overall = stopped ? std::int32_t{BUS_STOPPING} : answer;
    for (std::size_t i = 0; overall != BUS_STOPPING && i < count; ++i) {
      Event one = sdk::detail::event_of(all[i]);
      const std::int32_t code = judged(one);
      (code == BUS_OK ? events : refused).push_back(std::move(one));
      if (overall == BUS_OK) overall = code;
      if (receipts == nullptr) continue;
      receipts[i].code = code;
      receipts[i].seq = code == BUS_OK ? events.size() : 0;
      std::strcpy(receipts[i].id, code == BUS_OK ? "ID" : "");
      std::strcpy(receipts[i].message, code == BUS_OK ? "" : "not taken");
    }
    return refuse(error, overall, "not taken");
  }
  void note(std::size_t count) {
    offered += count;
    if (over) late += count;
  }

  std::string name_;
  bus_host table_{};
  std::optional<std::vector<Event>> posted_;  // by the callback that runs
};

}  // namespace bus::testing
