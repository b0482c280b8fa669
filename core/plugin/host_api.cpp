#include "core/plugin/host_api.h"

#include <cstring>
#include <string>

#include "core/base/text.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

std::int32_t emit(void* self, const bus_event* events, std::size_t count, bus_receipt* receipts,
                  bus_error* error) {
  return guarded(error, [&] { return instance_of(self).emit(events, count, receipts); });
}

std::int32_t post(void* self, const bus_event* events, std::size_t count, bus_error* error) {
  return guarded(error, [&] { return instance_of(self).post(events, count); });
}

void write_log(void* self, std::int32_t level, bus_text message) {
  quietly([&] { instance_of(self).write_log(level, view(message)); });
}

std::int64_t now_us(void* self) {
  return instance_of(self).services().clock.now().us;
}

void report_state(void* self, std::int32_t health, bus_text reason) {
  quietly([&] { instance_of(self).report(health, view(reason)); });
}

std::size_t setting_count(void* self, const char* name) {
  std::size_t count = 0;
  quietly([&] { count = name == nullptr ? 0 : instance_of(self).setting_count(name); });
  return count;
}

std::int32_t setting_text(void* self, const char* name, std::size_t index, bus_text* value) {
  if (name == nullptr || value == nullptr) return BUS_INVALID;
  return guarded(nullptr, [&] { return instance_of(self).setting_text(name, index, *value); });
}

std::int32_t setting_int(void* self, const char* name, std::int64_t* value) {
  if (name == nullptr || value == nullptr) return BUS_INVALID;
  return guarded(nullptr, [&] { return instance_of(self).setting_int(name, *value); });
}

std::int32_t arm(void* self, std::uint64_t delay_us, std::uint64_t period_us,
                 void (*fire)(void*, std::uint64_t), void* argument, std::uint64_t* timer, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (fire == nullptr || timer == nullptr) return bus::error(Code::invalid, "fire and timer must be given");
    return hand_over(instance_of(self).arm(delay_us, period_us, fire, argument), timer);
  });
}

void cancel(void* self, std::uint64_t timer) {
  quietly([&] {
    if (instance_of(self).runner().on_thread()) instance_of(self).runner().cancel(timer);
  });
}

std::int32_t get(void* self, bus_text key, char* buffer, std::size_t capacity, std::size_t* length,
                 bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (length == nullptr) return bus::error(Code::invalid, "length must be given");
    auto found = instance_of(self).value(view(key));
    if (!found) return std::move(found).error();
    *length = *found ? (*found)->size() : BUS_STATE_MISSING;
    if (*found && buffer != nullptr) (*found)->copy(buffer, capacity);
    return Ok{};
  });
}

std::int32_t put(void* self, bus_text key, bus_text value, bus_error* error) {
  return guarded(error, [&] { return instance_of(self).save_value(view(key), view(value)); });
}

std::int32_t remove_value(void* self, bus_text key, bus_error* error) {
  return guarded(error, [&] { return instance_of(self).save_value(view(key), std::nullopt); });
}

std::int32_t declare(void* self, std::uint32_t kind, const char* name, const char* help,
                     const bus_label* labels, std::size_t label_count, std::uint64_t* series,
                     bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (name == nullptr || help == nullptr || series == nullptr || kind > BUS_METRIC_GAUGE ||
        label_count > BUS_METRIC_MAX_LABELS || (label_count != 0 && labels == nullptr)) {
      return bus::error(Code::invalid, "a metric needs a kind, a name, a help text and at most 4 labels");
    }
    const auto pass = instance_of(self).enter();
    if (!pass) return bus::error(Code::stopping, "the instance has stopped");
    metrics::Labels all;
    for (std::size_t i = 0; i < label_count; ++i) {
      all.emplace(view(labels[i].name), to_utf8(cut_utf8(view(labels[i].value), 256)));
    }
    const auto declared =
        instance_of(self).plugin_metrics().declare(kind == BUS_METRIC_COUNTER, name, help, all);
    if (!declared) return declared.error();
    *series = *declared;
    return Ok{};
  });
}

void add(void* self, std::uint64_t series, double amount) {
  quietly([&] {
    if (const auto pass = instance_of(self).enter()) instance_of(self).plugin_metrics().add(series, amount);
  });
}

void set(void* self, std::uint64_t series, double value) {
  quietly([&] {
    if (const auto pass = instance_of(self).enter()) instance_of(self).plugin_metrics().set(series, value);
  });
}

constexpr bus_timer kTimer = {sizeof(bus_timer), 0, &arm, &cancel};
constexpr bus_state kState = {sizeof(bus_state), 0, &get, &put, &remove_value};
constexpr bus_metric kMetric = {sizeof(bus_metric), 0, &declare, &add, &set};

const void* get_extension(void*, const char* id) {
  if (id == nullptr) return nullptr;
  if (std::strcmp(id, BUS_EXT_TIMER) == 0) return &kTimer;
  if (std::strcmp(id, BUS_EXT_FD) == 0) return &kFdTable;
  if (std::strcmp(id, BUS_EXT_PROCESS) == 0) return &kProcessTable;
  if (std::strcmp(id, BUS_EXT_EXPR) == 0) return &kExprTable;
  if (std::strcmp(id, BUS_EXT_HTTP) == 0) return &kHttpTable;
  if (std::strcmp(id, BUS_EXT_LATER) == 0) return &kLaterTable;
  if (std::strcmp(id, BUS_EXT_STREAM) == 0) return &kStreamTable;
  if (std::strcmp(id, BUS_EXT_RELAY) == 0) return &kRelayTable;
  if (std::strcmp(id, BUS_EXT_FORM) == 0) return &kFormTable;
  if (std::strcmp(id, BUS_EXT_STATE) == 0) return &kState;
  if (std::strcmp(id, BUS_EXT_METRIC) == 0) return &kMetric;
  return nullptr;
}

}  // namespace

bus_host make_host_table(Instance& instance) {
  bus_host table{};
  table.size = sizeof table;
  table.abi_minor = BUS_ABI_MINOR;
  table.self = &instance;
  table.name = text_of(instance.name());
  table.emit = &emit;
  table.post = &post;
  table.log = &write_log;
  table.now_us = &now_us;
  table.report_state = &report_state;
  table.setting_count = &setting_count;
  table.setting_text = &setting_text;
  table.setting_int = &setting_int;
  table.get_extension = &get_extension;
  return table;
}

}  // namespace bus::plugin
