// bus.http/1, bus.stream/1, bus.relay/1 and bus.later/1 in a child process: the host asks for the plugin,
// which may not have sockets.
#include <string>
#include <utility>

#include "core/plugin/child_host.h"
#include "core/plugin/host_call.h"
#include "core/plugin/http_form.h"

namespace bus::plugin {
namespace {

using Kind = ChildHost::Kind;

// Ends something: nothing is heard of it any more.
void end(void* self, Kind kind, Frame frame, std::uint64_t id) {
  quietly([&] {
    ChildHost& child = child_of(self);
    if (!child.runner().on_thread()) return;
    child.forget(kind, id);
    child.tell(frame, Packer().number(id));
  });
}

// Where it may lead, which requests of before have not.
void pack_reach(Packer& out, const bus_http_request& request) {
  const bool says = knows_reach(request);
  const std::uint32_t count = says ? request.allowed_count : 0;
  out.number(says ? request.flags : 0u).number(count);
  for (std::uint32_t i = 0; i < count; ++i) out.text(view(request.allowed[i]));
}

std::int32_t send(void* self, const bus_http_request* request, std::uint64_t* id, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (id == nullptr || request == nullptr || request->size < kFirstHttpRequest ||
        request->on_answer == nullptr || !has_headers(request->headers, request->header_count)) {
      return bus::error(Code::invalid, "a request with its callback and at most 100 headers must be given");
    }
    if (!has_allowed(*request)) return bus::error(Code::invalid, "at most 64 allowed places must be given");
    Packer question;
    question.number(request->max_redirects);
    question.text(view(request->method)).text(view(request->url)).text(view(request->unix_socket));
    pack_headers(question, request->headers, request->header_count);
    question.text(view(request->body)).number(request->timeout_us).number(request->connect_timeout_us);
    question.number(request->max_body).number(request->max_per_host);
    pack_reach(question, *request);
    ChildHost& child = child_of(self);
    if (Status begun = begin_helper(child, Frame::http_send, question, id); !begun) return begun;
    child.expect(
        Kind::request, *id,
        [&child, which = *id, argument = request->argument, tell = request->on_answer](Frame, Unpacker& in) {
          std::vector<bus_header> headers;
          const bus_http_answer answer = unpack_answer(in, headers);
          child.forget(Kind::request, which);
          tell(argument, which, &answer);
        });
    return Ok{};
  });
}

void cancel(void* self, std::uint64_t id) {
  end(self, Kind::request, Frame::http_cancel, id);
}

// What is heard of a stream.
ChildHost::Heard listener(ChildHost& child, std::uint64_t id, const bus_stream_request& asked) {
  return [&child, id, asked](Frame frame, Unpacker& in) {
    if (frame == Frame::stream_opened) {
      std::vector<bus_header> headers;
      const bus_http_answer answer = unpack_answer(in, headers);
      asked.on_open(asked.argument, id, &answer);
    } else if (frame == Frame::stream_heard) {
      asked.on_data(asked.argument, id, text_of(in.text()));
    } else {
      const auto code = in.number<std::int32_t>();
      child.forget(Kind::stream, id);
      asked.on_close(asked.argument, id, code, text_of(in.text()));
    }
  };
}

std::int32_t open(void* self, const bus_stream_request* request, std::uint64_t* id, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (id == nullptr || request == nullptr || request->size < sizeof *request ||
        request->on_open == nullptr || request->on_data == nullptr || request->on_close == nullptr ||
        !has_headers(request->headers, request->header_count)) {
      return bus::error(Code::invalid, "a stream with its callbacks and at most 100 headers must be given");
    }
    Packer question;
    question.text(view(request->method)).text(view(request->url)).text(view(request->unix_socket));
    pack_headers(question, request->headers, request->header_count);
    question.text(view(request->upgrade));
    question.number(request->connect_timeout_us).number(request->head_timeout_us);
    ChildHost& child = child_of(self);
    if (Status begun = begin_helper(child, Frame::stream_open, question, id); !begun) return begun;
    child.expect(Kind::stream, *id, listener(child, *id, *request));
    return Ok{};
  });
}

std::int32_t write(void* self, std::uint64_t id, bus_text bytes, bus_error* error) {
  return guarded(error, [&]() -> Status {
    ChildHost& child = child_of(self);
    if (Status active = child.check_active(); !active) return active;
    ChildHost::Answer answer;
    return child.ask(Frame::stream_write, Packer().number(id).text(view(bytes)), answer);
  });
}

void close(void* self, std::uint64_t id) {
  end(self, Kind::stream, Frame::stream_close, id);
}

std::int32_t pass(void* self, const bus_webhook_request* request,
                  void (*answered)(void*, std::uint64_t, const bus_relay_answer*), void* argument,
                  std::uint64_t* id, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (id == nullptr || answered == nullptr || request == nullptr || request->size < sizeof *request ||
        !has_headers(request->headers, request->header_count)) {
      return bus::error(Code::invalid, "a request, its callback and at most 100 headers must be given");
    }
    Packer question;
    pack_webhook(question, *request);
    ChildHost& child = child_of(self);
    if (Status begun = begin_helper(child, Frame::relay_pass, question, id); !begun) return begun;
    child.expect(Kind::relay, *id, [&child, which = *id, answered, argument](Frame, Unpacker& in) {
      bus_relay_answer answer{};
      answer.size = sizeof answer;
      answer.status = in.number<std::int32_t>();
      answer.body = text_of(in.text());
      child.forget(Kind::relay, which);
      answered(argument, which, &answer);
    });
    return Ok{};
  });
}

void forget(void* self, std::uint64_t id) {
  end(self, Kind::relay, Frame::relay_forget, id);
}

std::int32_t answer_later(void* self, std::int32_t code, const bus_delivery* delivery, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (delivery == nullptr || delivery->size < sizeof *delivery)
      return bus::error(Code::invalid, "the delivery must be given");
    ChildHost& child = child_of(self);
    if (Status active = child.check_active(); !active) return active;
    Packer question;
    pack_delivery(question, code, *delivery);
    ChildHost::Answer answer;
    return child.ask(Frame::later_answer, question, answer);
  });
}

std::int32_t tell_progress(void* self, std::uint32_t accepted, bus_error* error) {
  return guarded(error, [&]() -> Status {
    ChildHost& child = child_of(self);
    if (Status active = child.check_active(); !active) return active;
    ChildHost::Answer answer;
    return child.ask(Frame::later_progress, Packer().number(accepted), answer);
  });
}

}  // namespace

Status begin_helper(ChildHost& child, Frame frame, const Packer& question, std::uint64_t* id) {
  if (Status active = child.check_active(); !active) return active;
  ChildHost::Answer answer;
  Status begun = child.ask(frame, question, answer);
  if (begun) *id = Unpacker(answer.rest).number<std::uint64_t>();
  return begun;
}

const bus_http kChildHttp = {sizeof(bus_http), 0, &send, &cancel};
const bus_later kChildLater = {sizeof(bus_later), 0, &answer_later, &tell_progress};
const bus_stream kChildStream = {sizeof(bus_stream), 0, &open, &write, &close};
const bus_relay kChildRelay = {sizeof(bus_relay), 0, &pass, &forget};

}  // namespace bus::plugin
