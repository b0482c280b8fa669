// A host for one plugin instance, without anything behind it: settings by hand, posted events and reports
// kept, and extensions that do what the test says. For tests of a plugin through its C entry points. One
// thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.h"
#include "tests/support/fake_plugin_abilities.h"

namespace bus::testing {

class FakePluginHost {
 public:
  // The settings start with the plugin's defaults; a list's elements are separated by commas.
  explicit FakePluginHost(const bus_plugin& plugin) : name_(plugin.name) {
    for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
      const bus_option& option = plugin.options[i];
      if (option.default_value == nullptr) continue;
      if (option.type == BUS_OPT_LIST || option.type == BUS_OPT_PATHS) {
        settings_[option.name] = split(option.default_value);
      } else {
        settings_[option.name] = {option.default_value};
      }
    }
    fill_table();
  }
  FakePluginHost(const FakePluginHost&) = delete;
  FakePluginHost& operator=(const FakePluginHost&) = delete;

  const bus_host* table() const { return &table_; }
  void set(const std::string& name, std::string value) { settings_[name] = {std::move(value)}; }
  void set_list(const std::string& name, std::vector<std::string> values) {
    settings_[name] = std::move(values);
  }

  struct Taken {
    std::string type, key, scope, summary, data, raw;
  };
  std::vector<Taken> events;                                  // emitted and posted
  std::vector<std::pair<std::int32_t, std::string>> reports;  // health and reason
  std::vector<std::string> logged;
  std::int32_t answer = BUS_OK;  // to emit and post
  // What emit makes of one event where `answer` is BUS_OK; not set: it is taken.
  std::function<std::int32_t(const Taken&)> judge;
  std::int64_t now_us = 1'000'000;
  FakeAbilities abilities;  // timers, watches, …: what the plugin asked for, and ways to call it back

 private:
  static FakePluginHost& of(void* self) { return *static_cast<FakePluginHost*>(self); }
  static std::string_view view(bus_text text) {
    return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
  }
  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
      const std::string_view part = text.substr(0, text.find(','));
      parts.emplace_back(part);
      text.remove_prefix(std::min(text.size(), part.size() + 1));
    }
    return parts;
  }

  void fill_table() {
    table_.size = sizeof table_;
    table_.abi_minor = BUS_ABI_MINOR;
    table_.self = &abilities;  // the tables of extensions get it, too
    abilities.owner = this;
    table_.name = {name_.data(), name_.size()};
    table_.emit = [](void* self, const bus_event* all, std::size_t count, bus_receipt* receipts, bus_error*) {
      return host(self).take_each(all, count, receipts);
    };
    table_.post = [](void* self, const bus_event* all, std::size_t count, bus_error*) {
      return host(self).take(all, count);
    };
    table_.log = [](void* self, std::int32_t, bus_text line) { host(self).logged.emplace_back(view(line)); };
    table_.now_us = [](void* self) { return host(self).now_us; };
    table_.report_state = [](void* self, std::int32_t health, bus_text reason) {
      host(self).reports.emplace_back(health, std::string(view(reason)));
    };
    table_.setting_count = [](void* self, const char* name) { return host(self).settings_[name].size(); };
    table_.setting_text = [](void* self, const char* name, std::size_t index,
                             bus_text* value) -> std::int32_t {
      const auto& values = host(self).settings_[name];
      if (index >= values.size()) return BUS_INVALID;
      *value = {values[index].data(), values[index].size()};
      return BUS_OK;
    };
    table_.setting_int = [](void* self, const char* name, std::int64_t* value) -> std::int32_t {
      const auto& values = host(self).settings_[name];
      if (values.empty()) return BUS_INVALID;
      *value = values[0] == "true" ? 1 : values[0] == "false" ? 0 : std::stoll(values[0]);
      return BUS_OK;
    };
    table_.get_extension = [](void* self, const char* id) { return host(self).abilities.table(id); };
  }
  static FakePluginHost& host(void* self) { return of(static_cast<FakeAbilities*>(self)->owner); }

  static Taken taken(const bus_event& event) {
    return {std::string(view(event.type)),    std::string(view(event.key)),  std::string(view(event.scope)),
            std::string(view(event.summary)), std::string(view(event.data)), std::string(view(event.raw))};
  }
  std::int32_t take(const bus_event* all, std::size_t count) {
    for (std::size_t i = 0; answer == BUS_OK && i < count; ++i) events.push_back(taken(all[i]));
    return answer;
  }
  // With a receipt for each; BUS_STOPPING leaves them as they are, as the real host does.
  std::int32_t take_each(const bus_event* all, std::size_t count, bus_receipt* receipts) {
    std::int32_t overall = answer;
    for (std::size_t i = 0; answer != BUS_STOPPING && i < count; ++i) {
      Taken one = taken(all[i]);
      const std::int32_t code = answer == BUS_OK && judge ? judge(one) : answer;
      if (code == BUS_OK) events.push_back(std::move(one));
      if (overall == BUS_OK) overall = code;
      if (receipts == nullptr) continue;
      receipts[i].code = code;
      receipts[i].seq = code == BUS_OK ? events.size() : 0;
      std::strcpy(receipts[i].id, code == BUS_OK ? "ID" : "");
      std::strcpy(receipts[i].message, code == BUS_OK ? "" : "not taken");
    }
    return overall;
  }

  std::string name_;
  std::map<std::string, std::vector<std::string>> settings_;
  bus_host table_{};
};

}  // namespace bus::testing
