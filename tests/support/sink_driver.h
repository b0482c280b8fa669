// A sink through its C entry points, with batches made by hand. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "bus/plugin.h"
#include "tests/support/fake_plugin_host.h"

namespace bus::testing {

// An event on its way out.
struct SinkEvent {
  std::uint64_t seq = 0;
  std::string type = "note", source = "cli", subject = {}, summary = {}, data = {};
  std::int64_t received_us = 0;
  // Its task; none without an id.
  std::string task_id = {}, task_name = {}, url = {};
  std::int32_t state = BUS_TASK_RUNNING, result = BUS_RESULT_NONE;

  std::string id() const {
    char out[40];
    std::snprintf(out, sizeof out, "01JD3ZK8QZ0V6%013llu", static_cast<unsigned long long>(seq));
    return out;
  }
  std::string json() const { return "{\"seq\":" + std::to_string(seq) + ",\"id\":\"" + id() + "\"}"; }
};

class SinkDriver {
 public:
  explicit SinkDriver(const bus_plugin& plugin) : host(plugin), plugin_(plugin) {}
  SinkDriver(const SinkDriver&) = delete;
  SinkDriver& operator=(const SinkDriver&) = delete;
  ~SinkDriver() {
    if (sink_ == nullptr) return;
    sink_->stop(sink_->self);
    sink_->destroy(sink_->self);
  }

  bool create() {
    error.size = sizeof error;
    sink_ = plugin_.create_sink(host.table(), &error);
    return sink_ != nullptr;
  }
  std::int32_t start(std::uint64_t cursor = 0) {
    if (sink_ == nullptr && !create()) return error.code;
    last_seq = cursor;
    return sink_->start(sink_->self, &last_seq, &error);
  }
  // The batch lives until the next one.
  std::int32_t deliver(std::vector<SinkEvent> events, std::uint32_t flags = 0) {
    events_ = std::move(events);
    texts_.clear(), fields_.clear(), tasks_.clear(), records_.clear();
    for (const SinkEvent& event : events_) add(event);
    batch_ = {sizeof batch_, static_cast<std::uint32_t>(records_.size()), sizeof(bus_record), flags,
              records_.data()};
    delivery = {};
    delivery.size = sizeof delivery;
    return sink_->deliver(sink_->self, &batch_, &delivery);
  }
  void stop() { sink_->stop(sink_->self); }

  FakePluginHost host;
  bus_error error{};
  bus_delivery delivery{};
  std::uint64_t last_seq = 0;

 private:
  bus_text keep(std::string text) {
    const std::string& kept = texts_.emplace_back(std::move(text));
    return {kept.data(), kept.size()};
  }
  void add(const SinkEvent& event) {
    bus_event& out = fields_.emplace_back();
    out.size = sizeof out;
    out.type = keep(event.type), out.subject = keep(event.subject), out.summary = keep(event.summary);
    out.data = keep(event.data);
    if (!event.task_id.empty()) {
      bus_task& task = tasks_.emplace_back();
      task.size = sizeof task;
      task.id = keep(event.task_id), task.name = keep(event.task_name), task.url = keep(event.url);
      task.state = event.state, task.result = event.result;
      out.task = &task;
    }
    bus_record& record = records_.emplace_back();
    record.size = sizeof record;
    record.seq = event.seq;
    record.received_us = event.received_us;
    record.effect = event.task_id.empty() ? BUS_EFFECT_NONE : BUS_EFFECT_NEW;
    record.id = keep(event.id()), record.source = keep(event.source), record.json = keep(event.json());
    record.event = &out;
  }

  const bus_plugin& plugin_;
  const bus_sink* sink_ = nullptr;
  std::vector<SinkEvent> events_;
  std::deque<std::string> texts_;
  std::deque<bus_event> fields_;
  std::deque<bus_task> tasks_;
  std::vector<bus_record> records_;
  bus_batch batch_{};
};

}  // namespace bus::testing
