// For tests of a sink: stored events, as a host hands them over.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.h"
#include "bus/testing/render.hpp"

namespace bus::testing {

struct StoredEvent {
  std::uint64_t seq = 0;
  Event event;
  std::string source = "test";
  std::int32_t effect = BUS_EFFECT_NONE;
  std::int64_t received_us = 1'000'000;

  // 26 characters, as a ULID is, and the same for the same seq.
  std::string id() const {
    char text[32];
    std::snprintf(text, sizeof text, "01TEST%020llu", static_cast<unsigned long long>(seq));
    return text;
  }
  // The whole event in its JSON form, one line.
  std::string json() const {
    JsonText out(JsonText::kOneLine);
    out.put("seq", std::to_string(seq));
    out.text("id", id()), out.text("source", source);
    render_fields(out, event, received_us);
    out.text("received", render_time(received_us));
    return out.done();
  }
};

// A batch for deliver(). Valid while the events live and are not changed.
class RecordArray {
 public:
  explicit RecordArray(const std::vector<StoredEvent>& stored) {
    texts_.reserve(stored.size());
    records_.reserve(stored.size());
    for (const StoredEvent& one : stored) {
      const auto& [id, json] = texts_.emplace_back(one.id(), one.json());
      const EventArray& event = events_.emplace_back(std::span(&one.event, 1));
      bus_record record{};
      record.size = sizeof record;
      record.effect = one.effect;
      record.seq = one.seq;
      record.received_us = one.received_us;
      record.id = {id.data(), id.size()};
      record.source = {one.source.data(), one.source.size()};
      record.json = {json.data(), json.size()};
      record.event = event.data();
      records_.push_back(record);
    }
    batch_ = {sizeof batch_, static_cast<std::uint32_t>(records_.size()), sizeof(bus_record), 0,
              records_.data()};
  }
  RecordArray(const RecordArray&) = delete;
  RecordArray& operator=(const RecordArray&) = delete;
  const bus_batch* batch() const { return &batch_; }

 private:
  std::vector<std::pair<std::string, std::string>> texts_;
  std::deque<EventArray> events_;
  std::vector<bus_record> records_;
  bus_batch batch_{};
};

}  // namespace bus::testing
