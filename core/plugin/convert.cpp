#include "core/plugin/convert.h"

#include <algorithm>
#include <cstring>

#include "core/base/text.h"
#include "core/event/event.h"
#include "core/event/json_form.h"

namespace bus::plugin {
namespace {

// The years 1 to 9999, which is what a time as text can say.
constexpr std::int64_t kFirstUs = -62'135'596'800'000'000;
constexpr std::int64_t kLastUs = 253'402'300'799'999'999;

Error bad(std::string_view field, std::string_view why) {
  return error(Code::invalid, std::string(field) + " " + std::string(why));
}

Status check_time(std::string_view field, std::int64_t us) {
  if (us < kFirstUs || us > kLastUs) return bad(field, "is outside the years 1 to 9999");
  return Ok{};
}

Result<event::Task> read_task(const bus_task& task) {
  if (task.size < sizeof(bus_task)) return bad("task", "is too small a struct");
  if (task.state < BUS_TASK_PENDING || task.state > BUS_TASK_FINISHED) return bad("task.state", "is unknown");
  if (task.result < BUS_RESULT_NONE || task.result > BUS_RESULT_CANCELLATION) {
    return bad("task.result", "is unknown");
  }
  if (Status checked = check_time("task.started", task.started_us); !checked)
    return std::move(checked).error();
  if (Status checked = check_time("task.ended", task.ended_us); !checked) return std::move(checked).error();
  event::Task out;
  out.id = view(task.id), out.kind = view(task.kind), out.name = view(task.name),
  out.scope = view(task.scope);
  out.ref = view(task.ref), out.sha = view(task.sha), out.change = view(task.change),
  out.url = view(task.url);
  out.actor = view(task.actor), out.worker = view(task.worker), out.parent = view(task.parent);
  out.blocked_on = view(task.blocked_on), out.detail = view(task.detail), out.signal = view(task.signal);
  const bool numbered = (task.flags & BUS_TASK_UNNUMBERED) == 0;
  out.attempt = numbered ? std::max<std::uint32_t>(task.attempt, 1) : 0;
  out.state = static_cast<event::State>(task.state);
  if (task.result != BUS_RESULT_NONE) out.result = static_cast<event::Outcome>(task.result - 1);
  if ((task.flags & BUS_TASK_HAS_EXIT) != 0) out.exit = task.exit_code;
  if (task.started_us != 0) out.started = Time{task.started_us};
  if (task.ended_us != 0) out.ended = Time{task.ended_us};
  return out;
}

// The data as one line, the way it is stored; the bytes as they came are kept beside it where they differ.
void take_data(std::string_view data, std::string_view raw, store::NewEvent& out) {
  out.raw = raw.empty() && !event::is_one_line(data) ? data : raw;
  out.event.data = event::one_line(data);
}

bus_task task_of(const event::Task& task) {
  bus_task out{};
  out.size = sizeof out;
  out.flags = task.exit ? static_cast<std::uint32_t>(BUS_TASK_HAS_EXIT) : 0u;
  if (task.attempt == 0) out.flags |= static_cast<std::uint32_t>(BUS_TASK_UNNUMBERED);
  out.attempt = task.attempt;
  out.state = static_cast<std::int32_t>(task.state);
  out.result =
      task.result ? static_cast<std::int32_t>(*task.result) + 1 : static_cast<std::int32_t>(BUS_RESULT_NONE);
  out.exit_code = task.exit.value_or(0);
  out.started_us = task.started ? task.started->us : 0;
  out.ended_us = task.ended ? task.ended->us : 0;
  out.id = text_of(task.id), out.kind = text_of(task.kind), out.name = text_of(task.name);
  out.scope = text_of(task.scope), out.ref = text_of(task.ref), out.sha = text_of(task.sha);
  out.change = text_of(task.change), out.url = text_of(task.url), out.actor = text_of(task.actor);
  out.worker = text_of(task.worker), out.parent = text_of(task.parent), out.signal = text_of(task.signal);
  out.blocked_on = text_of(task.blocked_on), out.detail = text_of(task.detail);
  return out;
}

}  // namespace

std::int32_t code_of(Code code) {
  switch (code) {
    case Code::unavailable:
    case Code::timeout:
      return BUS_UNAVAILABLE;
    case Code::denied:
      return BUS_DENIED;
    case Code::stopping:
      return BUS_STOPPING;
    case Code::fault:
      return BUS_FAULT;
    case Code::invalid:
    case Code::not_found:
    case Code::conflict:
    case Code::limit:
    case Code::config:
      break;
  }
  return BUS_INVALID;
}

Code code_of(std::int32_t code) {
  switch (code) {
    case BUS_INVALID:
      return Code::invalid;
    case BUS_UNAVAILABLE:
      return Code::unavailable;
    case BUS_DENIED:
      return Code::denied;
    case BUS_STOPPING:
      return Code::stopping;
    default:
      return Code::fault;
  }
}

bus_error empty_error() {
  bus_error error{};
  error.size = sizeof error;
  return error;
}

std::int32_t answer(const Status& status, bus_error* error) {
  if (status.ok()) return BUS_OK;
  const std::int32_t code = code_of(status.error().code);
  if (error != nullptr && error->size >= sizeof *error) {
    error->code = code;
    const std::string_view message = cut_utf8(status.error().message, sizeof error->message - 1);
    error->message[message.copy(error->message, message.size())] = '\0';
  }
  return code;
}

Error error_of(std::int32_t code, const bus_error& error) {
  const std::string_view message(error.message, ::strnlen(error.message, sizeof error.message));
  return bus::error(code_of(code), message.empty() ? "the plugin did not say why" : printable(message));
}

Result<store::NewEvent> read_event(const Descriptor& descriptor, const bus_event& event, Time now,
                                   json::Document& document) {
  const std::string_view type = view(event.type);
  if (!descriptor.declares(type)) {
    return error(Code::invalid, "type '" + printable(cut_utf8(type, 64)) + "' is not declared by the plugin");
  }
  if (Status checked = check_time("time", event.time_us); !checked) return std::move(checked).error();
  store::NewEvent out;
  out.polled = (event.flags & BUS_EVENT_POLLED) != 0;
  out.event.source = descriptor.name;
  out.event.type = type;
  out.event.scope = view(event.scope);
  out.event.subject = view(event.subject);
  out.event.key = view(event.key);
  out.event.summary = to_utf8(view(event.summary));
  out.event.time = event.time_us == 0 ? now : Time{event.time_us};
  if (event.task != nullptr) {
    auto task = read_task(*event.task);
    if (!task) return std::move(task).error();
    out.event.task = std::move(*task);
  }
  if (const std::string_view data = view(event.data); !data.empty()) {
    if (const auto parsed = document.parse(data); !parsed) {
      return error(Code::invalid, "data is no JSON: " + parsed.error().message);
    }
    take_data(data, view(event.raw), out);
  } else {
    out.raw = view(event.raw);
  }
  if (Status valid = event::validate(out.event); !valid) return std::move(valid).error();
  return out;
}

void fill(const event::Event& event, std::string_view data, bus_event& out, bus_task& task) {
  out = {};
  out.size = sizeof out;
  out.time_us = event.time.us;
  out.type = text_of(event.type), out.scope = text_of(event.scope);
  out.subject = text_of(event.subject), out.key = text_of(event.key);
  out.summary = text_of(event.summary), out.data = text_of(data);
  if (!event.task) return;
  task = task_of(*event.task);
  out.task = &task;
}

Result<EventSpan> EventSpan::make(const bus_event* events, std::size_t count) {
  EventSpan span;
  if (count == 0) return span;
  if (events == nullptr || events->size < sizeof(bus_event)) return bad("events", "are too small structs");
  span.first_ = events;
  span.count_ = count;
  span.stride_ = events->size;
  return span;
}

void write_receipt(const ingest::Answer& from, bus_receipt& to) {
  const std::uint32_t size = to.size;
  to = {};
  to.size = size;
  if (!from) {
    to.code = code_of(from.error().code);
    const std::string_view message = cut_utf8(from.error().message, sizeof to.message - 1);
    to.message[message.copy(to.message, message.size())] = '\0';
    return;
  }
  to.seq = from->seq;
  to.effect = static_cast<std::int32_t>(from->effect);
  if (from->kind == store::Appended::Kind::duplicate) to.flags |= BUS_RECEIPT_DUPLICATE;
  if (from->kind == store::Appended::Kind::known) to.flags |= BUS_RECEIPT_KNOWN;
  const std::string id = from->id.text();
  to.id[id.copy(to.id, sizeof to.id - 1)] = '\0';
}

void RecordArray::assign(std::span<const store::RecordPtr> records) {
  records_.clear();
  rows_.clear();
  out_.clear();
  broken_ = 0;
  for (const store::RecordPtr& record : records) add(record);
}

void RecordArray::add(const store::RecordPtr& record) {
  Row row;
  if (!record->event) {
    json::Document document;
    const auto node = document.parse(record->json.text);
    auto decoded = node ? event::decode(*node, record->json.text) : Result<event::Event>(node.error());
    if (!decoded) {
      ++broken_;
      return;
    }
    row.own = std::move(*decoded);
  }
  Row& kept = rows_.emplace_back(std::move(row));
  const event::Event& event = record->event ? *record->event : kept.own;
  kept.id = event.id.text();
  fill(event, record->data(), kept.c_event, kept.c_task);
  bus_record& out = out_.emplace_back();
  out.size = sizeof out;
  out.effect =
      event.task ? static_cast<std::int32_t>(event.task->effect) : static_cast<std::int32_t>(BUS_EFFECT_NONE);
  out.seq = record->seq;
  out.received_us = event.received.us;
  out.id = text_of(kept.id);
  out.source = text_of(event.source);
  out.json = text_of(record->json.text);
  out.event = &kept.c_event;
  records_.push_back(record);
}

bus_batch RecordArray::batch(std::size_t first) const {
  bus_batch batch{};
  batch.size = sizeof batch;
  batch.count = static_cast<std::uint32_t>(out_.size() - first);
  batch.stride = sizeof(bus_record);
  batch.records = out_.data() + first;
  return batch;
}

}  // namespace bus::plugin
