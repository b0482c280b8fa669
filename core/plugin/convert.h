// Between the C structs of the plugin interface and the types of core. Everything that comes from a plugin is
// checked and copied here.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "bus/plugin.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/ingest/ingest.h"
#include "core/json/reader.h"
#include "core/plugin/descriptor.h"
#include "core/store/store.h"

namespace bus::plugin {

inline std::string_view view(const bus_text& text) {
  return text.len == 0 || text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}
inline bus_text text_of(std::string_view view) {
  return {view.data(), view.size()};
}

// bus_code of an error, and back.
std::int32_t code_of(Code code);
Code code_of(std::int32_t code);
// Tells the caller what went wrong, if it asked; returns the code.
std::int32_t answer(const Status& status, bus_error* error);
// What a failing call of a plugin said.
Error error_of(std::int32_t code, const bus_error& error);
bus_error empty_error();

// Checks the struct, its type (the descriptor must declare it), every text and the JSON, and copies. The
// source is filled in, and the time if it is missing. `document` is a buffer.
Result<store::NewEvent> read_event(const Descriptor& descriptor, const bus_event& event, Time now,
                                   json::Document& document);

// The C structs of an event, valid while it and `data` are. `task` is used if it reports on one.
void fill(const event::Event& event, std::string_view data, bus_event& out, bus_task& task);

// The elements of a plugin's array, which are as far apart as the first one says.
class EventSpan {
 public:
  // Code::invalid if there is no such array.
  static Result<EventSpan> make(const bus_event* events, std::size_t count);
  std::size_t size() const { return count_; }
  const bus_event& operator[](std::size_t index) const {
    return *reinterpret_cast<const bus_event*>(reinterpret_cast<const char*>(first_) + index * stride_);
  }

 private:
  const bus_event* first_ = nullptr;
  std::size_t count_ = 0, stride_ = 0;
};

void write_receipt(const ingest::Answer& from, bus_receipt& to);

// Stored events on their way to a sink: the C structs, and what they point into.
class RecordArray {
 public:
  // Takes the records, without those that cannot be read: they are left out (`broken` counts them).
  void assign(std::span<const store::RecordPtr> records);
  // The batch from record `first` on; valid until the next assign().
  bus_batch batch(std::size_t first) const;
  std::size_t size() const { return out_.size(); }
  std::uint64_t seq(std::size_t index) const { return out_[index].seq; }
  const store::RecordPtr& record(std::size_t index) const { return records_[index]; }
  std::size_t broken() const { return broken_; }

 private:
  struct Row {
    event::Event own;  // of a record that came without
    std::string id;
    bus_event c_event{};
    bus_task c_task{};
  };
  void add(const store::RecordPtr& record);

  std::vector<store::RecordPtr> records_;
  std::deque<Row> rows_;
  std::vector<bus_record> out_;
  std::size_t broken_ = 0;
};

}  // namespace bus::plugin
