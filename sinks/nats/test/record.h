// Records by hand.
#pragma once

#include <cstdint>
#include <string>

#include "bus/plugin.hpp"

namespace bus::nats {

struct Record {
  explicit Record(std::uint64_t seq, std::string source_ = "cli", std::string data = R"({"n":1})")
      : id("01JD3ZK8QZ0V6N1J6Y2T4B" + std::to_string(1000 + seq)), source(std::move(source_)) {
    event.type = "note";
    event.scope = "a/b";
    event.time_us = 1'763'625'600'123'456;
    event.data = std::move(data);
    json = R"({"seq":)" + std::to_string(seq) + R"(,"id":")" + id + R"(","source":")" + source +
           R"(","type":"note","data":)" + event.data + "}";
    c.seq = seq;
  }
  // Valid while this lives and is not changed.
  const bus_record& record() {
    task = event.task ? event.task->c() : bus_task{};
    c_event.size = sizeof c_event;
    c_event.time_us = event.time_us;
    c_event.type = text(event.type), c_event.scope = text(event.scope), c_event.subject = text(event.subject);
    c_event.key = text(event.key), c_event.summary = text(event.summary), c_event.data = text(event.data);
    c_event.task = event.task ? &task : nullptr;
    c.size = sizeof c;
    c.received_us = 1'763'625'601'000'000;
    c.id = text(id), c.source = text(source), c.json = text(json);
    c.event = &c_event;
    return c;
  }

  std::string id, source, json;
  Event event;
  bus_task task{};
  bus_event c_event{};
  bus_record c{};
};

}  // namespace bus::nats
