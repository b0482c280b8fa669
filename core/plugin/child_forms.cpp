#include "core/plugin/child_forms.h"

#include <algorithm>
#include <utility>

namespace bus::plugin {
namespace {

constexpr std::size_t kMaxHeaders = 1024;

// The texts of a task, in the order of the struct.
constexpr bus_text bus_task::*kTaskTexts[] = {
    &bus_task::id,     &bus_task::kind,       &bus_task::name,   &bus_task::scope, &bus_task::ref,
    &bus_task::sha,    &bus_task::change,     &bus_task::url,    &bus_task::actor, &bus_task::worker,
    &bus_task::parent, &bus_task::blocked_on, &bus_task::detail, &bus_task::signal};
constexpr bus_text bus_event::*kEventTexts[] = {&bus_event::type, &bus_event::scope,   &bus_event::subject,
                                                &bus_event::key,  &bus_event::summary, &bus_event::data,
                                                &bus_event::raw};

void pack_task(Packer& out, const bus_task& task) {
  out.number(task.flags).number(task.attempt).number(task.state).number(task.result).number(task.exit_code);
  out.number(task.started_us).number(task.ended_us);
  for (const auto field : kTaskTexts) out.text(view(task.*field));
}

bus_task unpack_task(Unpacker& in) {
  bus_task task{};
  task.size = sizeof task;
  task.flags = in.number<std::uint32_t>();
  task.attempt = in.number<std::uint32_t>();
  task.state = in.number<std::int32_t>();
  task.result = in.number<std::int32_t>();
  task.exit_code = in.number<std::int32_t>();
  task.started_us = in.number<std::int64_t>();
  task.ended_us = in.number<std::int64_t>();
  for (const auto field : kTaskTexts) task.*field = text_of(in.text());
  return task;
}

}  // namespace

void pack_status(Packer& out, const Status& status) {
  out.number(status ? std::int32_t{BUS_OK} : code_of(status.error().code));
  out.text(status ? std::string_view() : std::string_view(status.error().message));
}

Status unpack_status(Unpacker& in) {
  const auto code = in.number<std::int32_t>();
  const std::string_view message = in.text();
  if (code == BUS_OK) return Ok{};
  return error(code_of(code), std::string(message));
}

void pack_event(Packer& out, const bus_event& event) {
  const bool has_task = event.task != nullptr && event.task->size >= sizeof(bus_task);
  out.number(event.flags).number(event.time_us);
  out.number(static_cast<std::uint8_t>(event.task == nullptr ? 0 : has_task ? 1 : 2));
  for (const auto field : kEventTexts) out.text(view(event.*field));
  if (has_task) pack_task(out, *event.task);
}

UnpackedEvents::UnpackedEvents(Unpacker& in) {
  constexpr std::size_t kLeast = 4 + 8 + 1 + 4 * std::size(kEventTexts);
  const std::size_t count = in.count(kLeast);
  events_.reserve(count);
  tasks_.reserve(count);  // what events point to must stay where it is
  for (std::size_t i = 0; i < count; ++i) {
    bus_event& event = events_.emplace_back();
    event.size = sizeof event;
    event.flags = in.number<std::uint32_t>();
    event.time_us = in.number<std::int64_t>();
    const auto task = in.number<std::uint8_t>();
    for (const auto field : kEventTexts) event.*field = text_of(in.text());
    if (task == 0) continue;
    // 2: the plugin's struct was too small; the reader of events says so.
    tasks_.push_back(task == 1 ? unpack_task(in) : bus_task{});
    event.task = &tasks_.back();
  }
}

void pack_receipt(Packer& out, const ingest::Answer& answer) {
  bus_receipt receipt{};
  write_receipt(answer, receipt);
  out.number(receipt.code).number(receipt.seq).number(receipt.effect).number(receipt.flags);
  out.text(receipt.id).text(receipt.message);
}

void unpack_receipt(Unpacker& in, bus_receipt& out) {
  const std::uint32_t size = out.size;
  out = {};
  out.size = size;
  out.code = in.number<std::int32_t>();
  out.seq = in.number<std::uint64_t>();
  out.effect = in.number<std::int32_t>();
  out.flags = in.number<std::uint32_t>();
  in.text().copy(out.id, sizeof out.id - 1);
  in.text().copy(out.message, sizeof out.message - 1);
}

void pack_headers(Packer& out, const bus_header* headers, std::size_t count) {
  out.number(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) out.text(view(headers[i].name)).text(view(headers[i].value));
}

std::vector<bus_header> unpack_headers(Unpacker& in) {
  std::vector<bus_header> headers(std::min(in.count(8), kMaxHeaders));
  for (bus_header& header : headers) {
    header.name = text_of(in.text());
    header.value = text_of(in.text());
  }
  return headers;
}

void pack_webhook(Packer& out, const bus_webhook_request& request) {
  out.number(request.route).number(request.received_us);
  out.text(view(request.method)).text(view(request.path)).text(view(request.query));
  pack_headers(out, request.headers, std::min(request.header_count, kMaxHeaders));
  out.text(view(request.body));
}

bus_webhook_request unpack_webhook(Unpacker& in, std::vector<bus_header>& headers) {
  bus_webhook_request request{};
  request.size = sizeof request;
  request.route = in.number<std::uint32_t>();
  request.received_us = in.number<std::int64_t>();
  request.method = text_of(in.text());
  request.path = text_of(in.text());
  request.query = text_of(in.text());
  headers = unpack_headers(in);
  request.headers = headers.data();
  request.header_count = headers.size();
  request.body = text_of(in.text());
  return request;
}

void pack_options(Packer& out, const Options& options) {
  out.number(static_cast<std::uint32_t>(options.size()));
  for (const auto& [name, value] : options) {
    out.text(name).number(static_cast<std::uint8_t>(value.secret));
    out.number(static_cast<std::uint8_t>(value.number.has_value())).number(value.number.value_or(0));
    out.number(static_cast<std::uint32_t>(value.texts.size()));
    for (const std::string& text : value.texts) out.text(text);
  }
}

Options unpack_options(Unpacker& in) {
  Options options;
  const std::size_t count = in.count(4 + 1 + 1 + 8 + 4);
  for (std::size_t i = 0; i < count; ++i) {
    OptionValue& value = options[std::string(in.text())];
    value.secret = in.number<std::uint8_t>() != 0;
    const bool numbered = in.number<std::uint8_t>() != 0;
    const auto number = in.number<std::int64_t>();
    if (numbered) value.number = number;
    value.texts.resize(in.count(4));
    for (std::string& text : value.texts) text = in.text();
  }
  return options;
}

void pack_delivery(Packer& out, std::int32_t code, const bus_delivery& delivery) {
  out.number(code).number(delivery.accepted).number(delivery.retry_after_us);
  out.text({delivery.message, ::strnlen(delivery.message, sizeof delivery.message - 1)});
}

std::int32_t unpack_delivery(Unpacker& in, bus_delivery& out) {
  const auto code = in.number<std::int32_t>();
  out.accepted = in.number<std::uint32_t>();
  out.retry_after_us = in.number<std::uint64_t>();
  const std::string_view message = in.text();
  out.message[message.copy(out.message, sizeof out.message - 1)] = '\0';
  return code;
}

void pack_answer(Packer& out, const bus_http_answer& answer) {
  out.number(answer.code).number(answer.status);
  pack_headers(out, answer.headers, std::min(answer.header_count, kMaxHeaders));
  out.text(view(answer.body)).text(view(answer.url)).text(view(answer.message));
}

bus_http_answer unpack_answer(Unpacker& in, std::vector<bus_header>& headers) {
  bus_http_answer answer{};
  answer.size = sizeof answer;
  answer.code = in.number<std::int32_t>();
  answer.status = in.number<std::int32_t>();
  headers = unpack_headers(in);
  answer.headers = headers.data();
  answer.header_count = headers.size();
  answer.body = text_of(in.text());
  answer.url = text_of(in.text());
  answer.message = text_of(in.text());
  return answer;
}

}  // namespace bus::plugin
