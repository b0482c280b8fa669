// The sink through its C entry points, with batches made by hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bus/plugin.h"
#include "sinks/file/test/lines.h"
#include "tests/support/fake_plugin_host.h"

namespace bus::file {

class SinkDriver {
 public:
  explicit SinkDriver(const std::string& path) {
    host.set("path", path);
    host.set("fsync_interval", "1000000");  // the fake host reads no units
  }
  SinkDriver(const SinkDriver&) = delete;
  SinkDriver& operator=(const SinkDriver&) = delete;
  ~SinkDriver() {
    if (sink_ == nullptr) return;
    sink_->stop(sink_->self);
    sink_->destroy(sink_->self);
  }

  bool create() {
    error.size = sizeof error;
    sink_ = bus_plugin_v1.create_sink(host.table(), &error);
    return sink_ != nullptr;
  }
  std::int32_t start(std::uint64_t cursor) {
    if (sink_ == nullptr && !create()) return error.code;
    last_seq = cursor;
    return sink_->start(sink_->self, &last_seq, &error);
  }
  std::int32_t deliver(std::uint64_t first, std::uint64_t last, int era = 1) {
    std::vector<std::string> lines, ids;
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      lines.push_back(event_line(seq, 0, era));
      ids.push_back(id_of(seq, era));
    }
    std::vector<bus_record> records(lines.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i].size = sizeof(bus_record);
      records[i].seq = first + i;
      records[i].id = {ids[i].data(), ids[i].size()};
      records[i].json = {lines[i].data(), lines[i].size()};
    }
    const bus_batch batch{sizeof batch, static_cast<std::uint32_t>(records.size()), sizeof(bus_record), 0,
                          records.data()};
    delivery = {};
    delivery.size = sizeof delivery;
    return sink_->deliver(sink_->self, &batch, &delivery);
  }
  void stop() { sink_->stop(sink_->self); }

  testing::FakePluginHost host{bus_plugin_v1};
  bus_error error{};
  bus_delivery delivery{};
  std::uint64_t last_seq = 0;

 private:
  const bus_sink* sink_ = nullptr;
};

}  // namespace bus::file
