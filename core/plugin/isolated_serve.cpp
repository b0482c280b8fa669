// What a plugin's child process says and asks of the host. It gets what a library in the host would get, from
// the same tables, and nothing that it is not allowed.
#include <chrono>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/plugin/host_call.h"
#include "core/plugin/isolated.h"
#include "core/plugin/isolated_tables.h"

namespace bus::plugin {
namespace {

constexpr double kLogBurst = 200, kLogPerSecond = 20;

}  // namespace

Status Isolated::serve(const Received& received) {
  Unpacker in(received.body);
  switch (received.frame) {
    case Frame::emit:
      return serve_emit(received.number, in);
    case Frame::state_get:
    case Frame::state_put:
    case Frame::state_remove:
      return serve_state(received, in);
    case Frame::secret:
      return serve_secret(received.number, in);
    case Frame::metric_declare:
    case Frame::metric_add:
    case Frame::metric_set:
      return serve_metric(received, in);
    case Frame::refused:
      instance_.count_refused();
      return in.done() ? Status(Ok{}) : Status(senseless("a refusal"));
    case Frame::log:
    case Frame::report:
      return serve_words(received, in);
    case Frame::http_send:
    case Frame::http_cancel:
      return serve_http(received, in);
    case Frame::stream_open:
    case Frame::stream_write:
    case Frame::stream_close:
      return serve_stream(received, in);
    case Frame::later_answer:
    case Frame::later_progress:
      return serve_later(received, in);
    case Frame::relay_pass:
    case Frame::relay_forget:
      return serve_relay(received, in);
    case Frame::program_resolve:
    case Frame::program_start:
    case Frame::program_read:
    case Frame::program_write:
    case Frame::program_close_stdin:
    case Frame::program_stop:
    case Frame::program_forget:
      return serve_program(received, in);
    default:
      return senseless("an unknown word");
  }
}

void Isolated::reply(std::uint64_t number, const Packer& body) {
  // A child that is gone, or does not read, is noticed where its socket is read.
  (void)!process_->link()->send(Frame::reply, number, body.bytes()).ok();
}

Status Isolated::serve_emit(std::uint64_t number, Unpacker& in) {
  const std::size_t bytes = in.rest().size();
  const bool receipts = in.number<std::uint8_t>() != 0;
  const UnpackedEvents events(in);
  if (!in.done()) return senseless("events that cannot be read");
  const auto unanswered = unanswered_;
  if (++unanswered->frames > kEmitCredit || (unanswered->bytes += bytes) > kEmitCreditBytes)
    return error(Code::limit, "more events than it was told to wait for");
  const auto done = [unanswered, bytes, number, receipts, link = process_->link(),
                     mailbox = instance_.runner().mailbox(), self = instance_.weak_from_this(),
                     this](const Status& overall, const ingest::Answers& answers) {
    Packer body;
    pack_status(body, overall);
    if (receipts) {
      for (const ingest::Answer& answer : answers) pack_receipt(body, answer);
    }
    --unanswered->frames;
    unanswered->bytes -= bytes;
    (void)!link->send(Frame::reply, number, body.bytes()).ok();  // who does not read is found out in look()
    if (!link->has_unsent()) return;
    mailbox.post("child", [self, this] {
      if (const auto alive = self.lock()) look();
    });
  };
  instance_.emit_later(events.data(), events.size(), process_->link()->has_received(), done);
  return Ok{};
}

Status Isolated::serve_state(const Received& received, Unpacker& in) {
  const std::string key(in.text());
  Packer body;
  if (received.frame == Frame::state_get) {
    if (!in.done()) return senseless("a question for a value");
    const auto value = instance_.value(key);
    pack_status(body, value ? Status(Ok{}) : Status(value.error()));
    const bool there = value && value->has_value();
    body.number(static_cast<std::uint8_t>(there)).text(there ? std::string_view(**value) : "");
  } else {
    const bool put = received.frame == Frame::state_put;
    const std::string value(put ? in.text() : std::string_view());
    if (!in.done()) return senseless("a value to save");
    pack_status(body, instance_.save_value(key, put ? std::optional<std::string_view>(value) : std::nullopt));
  }
  reply(received.number, body);
  return Ok{};
}

Status Isolated::serve_later(const Received& received, Unpacker& in) {
  const auto& later = table_of<bus_later>(host_, BUS_EXT_LATER);
  Packer body;
  if (received.frame == Frame::later_answer) {
    bus_delivery delivery{};
    delivery.size = sizeof delivery;
    const std::int32_t code = unpack_delivery(in, delivery);
    if (!in.done()) return senseless("the answer to a batch");
    pack_status(
        body, told([&](bus_error* failure) { return later.answer(host_->self, code, &delivery, failure); }));
  } else {
    const auto accepted = in.number<std::uint32_t>();
    if (!in.done()) return senseless("how far it is with a batch");
    pack_status(body,
                told([&](bus_error* failure) { return later.progress(host_->self, accepted, failure); }));
  }
  reply(received.number, body);
  return Ok{};
}

Status Isolated::serve_secret(std::uint64_t number, Unpacker& in) {
  const std::string option(in.text());
  const auto found = instance_.options().find(option);
  if (!in.done() || found == instance_.options().end() || !found->second.secret)
    return senseless("a question for a secret that is not its own");
  Packer body;
  pack_status(body, Ok{});
  const std::size_t count = instance_.setting_count(option);
  body.number(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    bus_text value{};
    (void)!instance_.setting_text(option, i, value).ok();
    body.text(view(value));
  }
  reply(number, body);
  return Ok{};
}

Status Isolated::serve_metric(const Received& received, Unpacker& in) {
  const auto& metric = table_of<bus_metric>(host_, BUS_EXT_METRIC);
  if (received.frame != Frame::metric_declare) {
    const auto series = in.number<std::uint64_t>();
    const auto amount = in.number<double>();
    if (!in.done()) return senseless("a figure");
    (received.frame == Frame::metric_add ? metric.add : metric.set)(host_->self, series, amount);
    return Ok{};
  }
  const auto kind = in.number<std::uint32_t>();
  const std::string name(in.text()), help(in.text());
  std::vector<bus_label> labels(in.count(8));
  for (bus_label& label : labels) label = {text_of(in.text()), text_of(in.text())};
  if (!in.done()) return senseless("a metric");
  std::uint64_t series = 0;
  Packer body;
  pack_status(body, told([&](bus_error* failure) {
                return metric.declare(host_->self, kind, name.c_str(), help.c_str(), labels.data(),
                                      labels.size(), &series, failure);
              }));
  body.number(series);
  reply(received.number, body);
  return Ok{};
}

Status Isolated::serve_words(const Received& received, Unpacker& in) {
  const auto level = in.number<std::int32_t>();
  const std::string_view words = in.text();
  if (!in.done()) return senseless("a line for the log");
  if (received.frame == Frame::report) {
    instance_.report(level, words);  // the log holds repeats of that back by itself
  } else if (may_log()) {
    instance_.write_log(level, words);
  }
  return Ok{};
}

// A bucket of lines: a plugin cannot fill the log.
bool Isolated::may_log() {
  const Mono time = std::chrono::steady_clock::now();
  const double since = std::chrono::duration<double>(time - log_since_).count();
  log_since_ = time;
  log_tokens_ = std::min(kLogBurst, log_tokens_ + since * kLogPerSecond);
  if (log_tokens_ < 1) {
    instance_.hit_bound("log");
    return false;
  }
  log_tokens_ -= 1;
  return true;
}

void Isolated::hear(std::string_view line) {
  if (may_log()) instance_.write_log(BUS_LOG_WARNING, "stderr: " + to_utf8(line));
}

}  // namespace bus::plugin
