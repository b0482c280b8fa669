#include "core/plugin/isolated_remote.h"

#include <algorithm>
#include <cstring>

#include "core/base/text.h"
#include "core/plugin/host_call.h"
#include "core/plugin/isolated.h"

namespace bus::plugin {
namespace {

constexpr std::uint64_t kMaxBody = 64u << 20;  // a body must fit into a frame

// What was posted in the child goes to the host as if it were posted here.
Status post(const bus_host* host, Unpacker& in) {
  const UnpackedEvents events(in);
  if (!in.done()) return error(Code::fault, "the plugin's process gave an answer that makes no sense");
  if (events.size() == 0) return Ok{};
  bus_error failure = empty_error();
  const std::int32_t code = host->post(host->self, events.data(), events.size(), &failure);
  return code == BUS_OK ? Status(Ok{}) : Status(error_of(code, failure));
}

std::int32_t start_source(void* self, bus_error* error) {
  return guarded(error, [&] {
    std::uint64_t none = 0;
    return static_cast<Isolated*>(self)->start(&none);
  });
}

std::int32_t start_sink(void* self, std::uint64_t* last_seq, bus_error* error) {
  return guarded(error, [&] { return static_cast<Isolated*>(self)->start(last_seq); });
}

void stop(void* self) {
  quietly([&] { static_cast<Isolated*>(self)->stop(); });
}

void destroy(void* self) {
  quietly([&] { static_cast<Isolated*>(self)->destroy(); });
}

// Of its JSON form, the bytes before the member `data`, which is the last (event::Encoded).
std::uint64_t head_of(const bus_record& record) {
  constexpr std::size_t kKey = 8;  // ,"data":
  const bus_text& data = record.event->data;
  if (data.len == 0) return record.json.len - 1;
  return static_cast<std::uint64_t>(data.ptr - record.json.ptr) - kKey;
}

Isolated& isolated_of(const bus_host* host) {
  return *instance_of(host->self).isolated();
}

}  // namespace

const bus_source* RemotePlugin::source() {
  source_ = {sizeof source_, 0, &child_, &start_source, &stop, &destroy, &extension};
  rows_ = child_.routes().rows();
  for (bus_webhook_route& row : rows_) row.body_cap = std::min(row.body_cap, kMaxBody);
  webhook_ = {
      sizeof webhook_, static_cast<std::uint32_t>(rows_.size()), sizeof(bus_webhook_route), 0, rows_.data(),
      &on_request};
  intake_ = {sizeof intake_, 0, &on_message};
  return &source_;
}

const bus_sink* RemotePlugin::sink() {
  sink_ = {sizeof sink_, 0, &child_, &start_sink, &deliver, &stop, &destroy, nullptr};
  return &sink_;
}

const void* RemotePlugin::extension(void* self, const char* id) {
  RemotePlugin& own = static_cast<Isolated*>(self)->remote();
  if (std::strcmp(id, BUS_EXT_WEBHOOK) == 0) return own.rows_.empty() ? nullptr : &own.webhook_;
  if (std::strcmp(id, BUS_EXT_INTAKE) == 0) return own.child_.has_intake() ? &own.intake_ : nullptr;
  return nullptr;
}

std::int32_t RemotePlugin::on_request(void* self, const bus_webhook_request* request,
                                      bus_webhook_reply* reply, bus_error* error) {
  return guarded(error, [&]() -> Status {
    auto& child = *static_cast<Isolated*>(self);
    Packer body;
    pack_webhook(body, *request);
    const auto answer = child.call(Frame::webhook, body, "webhook");
    if (!answer) return answer.error();
    Unpacker in(*answer);
    if (Status handled = unpack_status(in); !handled) return handled;
    std::string& kept = child.remote().answer_;
    reply->status = in.number<std::int32_t>();
    kept = in.text();
    reply->body = text_of(kept);
    return post(child.host(), in);
  });
}

std::int32_t RemotePlugin::on_message(void* self, bus_text json, bus_intake_reply* reply, bus_error* error) {
  return guarded(error, [&]() -> Status {
    auto& child = *static_cast<Isolated*>(self);
    const auto answer = child.call(Frame::intake, Packer().text(view(json)), "intake");
    if (!answer) return answer.error();
    Unpacker in(*answer);
    if (Status handled = unpack_status(in); !handled) return handled;
    std::string& kept = child.remote().answer_;
    kept = in.text();
    reply->json = text_of(kept);
    return post(child.host(), in);
  });
}

std::int32_t RemotePlugin::deliver(void* self, const bus_batch* batch, bus_delivery* delivery) {
  std::int32_t said = BUS_FAULT;
  bus_error failure = empty_error();
  const std::int32_t code = guarded(&failure, [&]() -> Status {
    Packer body;
    body.number(batch->flags).number(batch->count);
    for (std::uint32_t i = 0; i < batch->count; ++i) {
      const bus_record& record = *bus_batch_at(batch, i);
      body.number(record.seq).number(head_of(record)).text(view(record.json));
    }
    const auto answer = static_cast<Isolated*>(self)->call(Frame::deliver, body, "deliver");
    if (!answer) return answer.error();
    Unpacker in(*answer);
    said = unpack_delivery(in, *delivery);
    if (!in.done()) return error(Code::fault, "the plugin's process gave an answer that makes no sense");
    return Ok{};
  });
  if (code == BUS_OK) return said;
  std::memcpy(delivery->message, failure.message, sizeof delivery->message);
  delivery->message[sizeof delivery->message - 1] = '\0';
  return code;
}

const bus_source* create_isolated_source(const bus_host* host, bus_error* error) {
  const std::int32_t code = guarded(error, [&] { return isolated_of(host).create(host); });
  return code == BUS_OK ? isolated_of(host).remote().source() : nullptr;
}

const bus_sink* create_isolated_sink(const bus_host* host, bus_error* error) {
  const std::int32_t code = guarded(error, [&] { return isolated_of(host).create(host); });
  return code == BUS_OK ? isolated_of(host).remote().sink() : nullptr;
}

}  // namespace bus::plugin
