// For tests of a plugin: bus.state/1 as a map, bus.metric/1 as figures to look at, bus.form/1 and bus.expr/1
// from what the test has prepared, bus.later/1 by keeping the answers.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bus/testing/self.hpp"

namespace bus::testing {

struct FakeValues {
  struct Series {
    std::string name;  // as on /metrics, without bus_<plugin>_: "things_total{kind=\"a\"}"
    std::uint32_t kind = BUS_METRIC_COUNTER;
    double value = 0;
  };
  // What texts are as events: what is not here is none.
  struct Form {
    std::string type, key = {}, data = {};
  };

  // What a sink has said of a batch.
  struct Answered {
    std::int32_t code = BUS_OK;
    bus_delivery delivery{};
  };

  std::map<std::string, std::string> state;
  std::map<std::uint64_t, Series> series;
  std::map<std::string, Form> forms;
  std::map<std::string, std::string> results;        // JSON that an expression gives; others give an error
  std::map<std::uint64_t, std::string> expressions;  // compiled: every text that is not empty can be
  std::vector<Answered> answered;                    // to batches that were to be answered later
  std::vector<std::uint32_t> progressed;             // and on the way to it

  // The value of a series, by its name with labels; 0 if there is none.
  double metric(std::string_view name) const {
    for (const auto& [id, one] : series) {
      if (one.name == name) return one.value;
    }
    return 0;
  }

 protected:
  static std::int32_t get(void* self, bus_text key, char* buffer, std::size_t capacity, std::size_t* length,
                          bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "the store cannot be read");
    const std::lock_guard lock(all.mutex);
    const auto found = all.values->state.find(text_of(key));
    const bool there = found != all.values->state.end();
    *length = there ? found->second.size() : BUS_STATE_MISSING;
    if (there) found->second.copy(buffer, capacity);
    return BUS_OK;
  }
  static std::int32_t put(void* self, bus_text key, bus_text value, bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "the store cannot be written");
    if (key.len == 0 || key.len > BUS_STATE_MAX_KEY || value.len > BUS_STATE_MAX_VALUE)
      return refuse(error, BUS_INVALID, "a key or a value is too long");
    const std::lock_guard lock(all.mutex);
    all.values->state[text_of(key)] = text_of(value);
    return BUS_OK;
  }
  static std::int32_t remove(void* self, bus_text key, bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "the store cannot be written");
    const std::lock_guard lock(all.mutex);
    all.values->state.erase(text_of(key));
    return BUS_OK;
  }

  static bool is_name(std::string_view name) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
  }
  static std::int32_t declare(void* self, std::uint32_t kind, const char* name, const char* help,
                              const bus_label* labels, std::size_t label_count, std::uint64_t* id,
                              bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "no figures now");
    if (!is_name(name) || help == nullptr || label_count > BUS_METRIC_MAX_LABELS ||
        (kind == BUS_METRIC_COUNTER) != std::string_view(name).ends_with("_total"))
      return refuse(error, BUS_INVALID, "the series is declared wrongly");
    std::string whole = name;
    for (std::size_t i = 0; i < label_count; ++i) {
      whole.append(i == 0 ? "{" : ",").append(text_of(labels[i].name));
      whole.append("=\"").append(text_of(labels[i].value)).append("\"");
    }
    if (label_count != 0) whole += '}';
    const std::lock_guard lock(all.mutex);
    for (const auto& [known, one] : all.values->series) {
      if (one.name != whole) continue;
      *id = known;
      return one.kind == kind ? BUS_OK : refuse(error, BUS_INVALID, "it was of another kind");
    }
    if (all.values->series.size() == BUS_METRIC_MAX_SERIES)
      return refuse(error, BUS_INVALID, "too many series");
    *id = ++all.last;
    all.values->series[*id] = {whole, kind, 0};
    return BUS_OK;
  }
  static void add(void* self, std::uint64_t id, double amount) {
    FakeSelf& all = FakeSelf::of(self);
    const std::lock_guard lock(all.mutex);
    const auto found = all.values->series.find(id);
    if (found != all.values->series.end()) found->second.value += amount;
  }
  static void set(void* self, std::uint64_t id, double value) {
    FakeSelf& all = FakeSelf::of(self);
    const std::lock_guard lock(all.mutex);
    const auto found = all.values->series.find(id);
    if (found != all.values->series.end() && found->second.kind == BUS_METRIC_GAUGE)
      found->second.value = value;
  }

  static std::int32_t form(void* self, bus_text json, void (*take)(void*, const bus_event*), void* argument,
                           bus_error* error) {
    const auto& forms = FakeSelf::of(self).values->forms;
    const auto found = forms.find(text_of(json));
    if (found == forms.end()) return refuse(error, BUS_INVALID, "it is no event");
    bus_event event{};
    event.size = sizeof event;
    event.type = text_of(found->second.type);
    event.key = text_of(found->second.key);
    event.data = text_of(found->second.data);
    take(argument, &event);
    return BUS_OK;
  }

  // A CloudEvent with what a test needs to see.
  static std::int32_t write(void*, const bus_record* record, void (*take)(void*, bus_text), void* argument,
                            bus_error*) {
    std::string json = "{\"specversion\":\"1.0\",\"id\":\"" + text_of(record->id) + "\",\"source\":\"/" +
                       text_of(record->source) + "\",\"type\":\"dev.bus." + text_of(record->event->type) +
                       "\"";
    if (record->event->subject.len != 0) json += ",\"subject\":\"" + text_of(record->event->subject) + "\"";
    if (record->event->data.len != 0)
      json += ",\"datacontenttype\":\"application/json\",\"data\":" + text_of(record->event->data);
    json += "}";
    take(argument, text_of(json));
    return BUS_OK;
  }

  static std::int32_t answer_later(void* self, std::int32_t code, const bus_delivery* delivery, bus_error*) {
    FakeSelf::of(self).values->answered.push_back({code, *delivery});
    return BUS_OK;
  }
  static std::int32_t progress(void* self, std::uint32_t accepted, bus_error*) {
    FakeSelf::of(self).values->progressed.push_back(accepted);
    return BUS_OK;
  }

  static std::int32_t compile(void* self, bus_text source, const bus_text*, std::size_t,
                              std::uint64_t* expression, bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "no expressions now");
    if (source.len == 0) return refuse(error, BUS_INVALID, "column 1: there is nothing");
    *expression = ++all.last;
    all.values->expressions[*expression] = text_of(source);
    return BUS_OK;
  }
  static std::int32_t evaluate(void* self, const std::uint64_t* expressions, std::size_t count,
                               const bus_expr_value*, std::size_t,
                               void (*take)(void*, std::size_t, std::int32_t, bus_text), void* argument,
                               bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "no expressions now");
    for (std::size_t i = 0; i < count; ++i) {
      const auto found = all.values->results.find(all.values->expressions[expressions[i]]);
      const bool there = found != all.values->results.end();
      const std::string_view result = there ? std::string_view(found->second) : "column 1: no such field";
      take(argument, i, there ? BUS_OK : BUS_INVALID, text_of(result));
    }
    return BUS_OK;
  }
  static void release(void* self, std::uint64_t expression) {
    FakeSelf::of(self).values->expressions.erase(expression);
  }

  static constexpr bus_expr kExpr = {sizeof(bus_expr), 0, &compile, &evaluate, &release};
  static constexpr bus_state kState = {sizeof(bus_state), 0, &get, &put, &remove};
  static constexpr bus_metric kMetric = {sizeof(bus_metric), 0, &declare, &add, &set};
  static constexpr bus_form kForm = {sizeof(bus_form), 0, &form, &write};
  static constexpr bus_later kLater = {sizeof(bus_later), 0, &answer_later, &progress};
};

}  // namespace bus::testing
