// What the host does for a plugin's child process that may ask for it: requests, streams and programs. What
// is heard of them are calls into the child, so that a plugin that takes its time slows the other side down.
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/plugin/host_call.h"
#include "core/plugin/isolated.h"
#include "core/plugin/isolated_tables.h"

namespace bus::plugin {
namespace {

Isolated& isolated_of(void* argument) {
  return *static_cast<Isolated*>(argument);
}

// A call into the child; what becomes of the child is told elsewhere.
void tell(void* argument, Frame frame, const Packer& body, std::string_view what) {
  (void)!isolated_of(argument).call(frame, body, what).ok();
}

}  // namespace

// A unix socket leads to everything that the user can reach.
Status Isolated::check_unix(bus_text path) const {
  if (path.len == 0 || confinement_.allowed.unix_sockets) return Ok{};
  return error(Code::denied, "unix sockets are not allowed to it: add \"unix\" to its 'allow'");
}

Status Isolated::serve_http(const Received& received, Unpacker& in) {
  const auto& http = table_of<bus_http>(host_, BUS_EXT_HTTP);
  if (!confinement_.allowed.network) return senseless("a request that was not offered");
  if (received.frame == Frame::http_cancel) {
    http.cancel(host_->self, in.number<std::uint64_t>());
    return in.done() ? Status(Ok{}) : Status(senseless("a cancel"));
  }
  bus_http_request request{};
  request.size = sizeof request;
  request.max_redirects = in.number<std::uint32_t>();
  request.method = text_of(in.text());
  request.url = text_of(in.text());
  request.unix_socket = text_of(in.text());
  const std::vector<bus_header> headers = unpack_headers(in);
  request.headers = headers.data();
  request.header_count = headers.size();
  request.body = text_of(in.text());
  request.timeout_us = in.number<std::uint64_t>();
  request.connect_timeout_us = in.number<std::uint64_t>();
  request.max_body = in.number<std::uint64_t>();
  request.max_per_host = in.number<std::uint32_t>();
  request.flags = in.number<std::uint32_t>();
  std::vector<bus_text> allowed(in.count(4));
  for (bus_text& place : allowed) place = text_of(in.text());
  request.allowed = allowed.data();
  request.allowed_count = static_cast<std::uint32_t>(allowed.size());
  request.argument = this;
  request.on_answer = [](void* self, std::uint64_t id, const bus_http_answer* answer) {
    Packer body;
    body.number(id);
    pack_answer(body, *answer);
    tell(self, Frame::answered, body, "an answer over HTTP");
  };
  if (!in.done()) return senseless("a request over HTTP");
  std::uint64_t id = 0;
  Status sent = check_unix(request.unix_socket);
  if (sent) sent = told([&](bus_error* failure) { return http.send(host_->self, &request, &id, failure); });
  Packer body;
  pack_status(body, sent);
  reply(received.number, body.number(id));
  return Ok{};
}

Status Isolated::serve_stream(const Received& received, Unpacker& in) {
  const auto& stream = table_of<bus_stream>(host_, BUS_EXT_STREAM);
  if (!confinement_.allowed.network) return senseless("a stream that was not offered");
  Packer body;
  if (received.frame != Frame::stream_open) {
    const auto id = in.number<std::uint64_t>();
    const bus_text bytes = received.frame == Frame::stream_write ? text_of(in.text()) : bus_text{};
    if (!in.done()) return senseless("words to a stream");
    if (received.frame == Frame::stream_close) return stream.close(host_->self, id), Ok{};
    pack_status(body,
                told([&](bus_error* failure) { return stream.write(host_->self, id, bytes, failure); }));
    return reply(received.number, body), Ok{};
  }
  bus_stream_request request{};
  request.size = sizeof request;
  request.method = text_of(in.text());
  request.url = text_of(in.text());
  request.unix_socket = text_of(in.text());
  const std::vector<bus_header> headers = unpack_headers(in);
  request.headers = headers.data();
  request.header_count = headers.size();
  request.upgrade = text_of(in.text());
  request.connect_timeout_us = in.number<std::uint64_t>();
  request.head_timeout_us = in.number<std::uint64_t>();
  request.argument = this;
  request.on_open = [](void* self, std::uint64_t id, const bus_http_answer* answer) {
    Packer opened;
    pack_answer(opened.number(id), *answer);
    tell(self, Frame::stream_opened, opened, "the beginning of a stream");
  };
  request.on_data = [](void* self, std::uint64_t id, bus_text bytes) {
    tell(self, Frame::stream_heard, Packer().number(id).text(view(bytes)), "bytes of a stream");
  };
  request.on_close = [](void* self, std::uint64_t id, std::int32_t code, bus_text message) {
    tell(self, Frame::stream_over, Packer().number(id).number(code).text(view(message)),
         "the end of a stream");
  };
  if (!in.done()) return senseless("a stream");
  std::uint64_t id = 0;
  Status opened = check_unix(request.unix_socket);
  if (opened)
    opened = told([&](bus_error* failure) { return stream.open(host_->self, &request, &id, failure); });
  pack_status(body, opened);
  reply(received.number, body.number(id));
  return Ok{};
}

Status Isolated::serve_relay(const Received& received, Unpacker& in) {
  const auto& relay = table_of<bus_relay>(host_, BUS_EXT_RELAY);
  if (received.frame == Frame::relay_forget) {
    relay.forget(host_->self, in.number<std::uint64_t>());
    return in.done() ? Status(Ok{}) : Status(senseless("a relayed request"));
  }
  std::vector<bus_header> headers;
  const bus_webhook_request request = unpack_webhook(in, headers);
  if (!in.done()) return senseless("a relayed request");
  const auto answered = [](void* self, std::uint64_t id, const bus_relay_answer* answer) {
    Packer body;
    body.number(id).number(answer->status).text(view(answer->body));
    tell(self, Frame::relay_answered, body, "the answer to a relayed request");
  };
  std::uint64_t id = 0;
  Packer body;
  pack_status(body, told([&](bus_error* failure) {
                return relay.pass(host_->self, &request, answered, this, &id, failure);
              }));
  reply(received.number, body.number(id));
  return Ok{};
}

Status Isolated::serve_program(const Received& received, Unpacker& in) {
  const auto& process = table_of<bus_process>(host_, BUS_EXT_PROCESS);
  if (!confinement_.programs) return senseless("a program that was not offered");
  if (received.frame == Frame::program_start) return start_program(received.number, in);
  Packer body;
  if (received.frame == Frame::program_resolve) {
    const bus_text name = text_of(in.text()), cwd = text_of(in.text());
    if (!in.done()) return senseless("the name of a program");
    std::string path(4096, '\0');
    std::size_t length = 0;
    pack_status(body, told([&](bus_error* failure) {
                  return process.resolve(host_->self, name, cwd, path.data(), path.size(), &length, failure);
                }));
    reply(received.number, body.text(std::string_view(path).substr(0, length)));
    return Ok{};
  }
  const auto id = in.number<std::uint64_t>();
  const bool says_bytes = received.frame == Frame::program_write;
  const bus_text bytes = says_bytes ? text_of(in.text()) : bus_text{};
  const auto number = says_bytes ? std::uint64_t{0} : in.number<std::uint64_t>();
  if (!in.done()) return senseless("words to a program");
  switch (received.frame) {
    case Frame::program_read:
    case Frame::program_write:
      pack_status(body, told([&](bus_error* failure) {
                    return says_bytes
                               ? process.write(host_->self, id, bytes, failure)
                               : process.read(host_->self, id, static_cast<std::uint32_t>(number), failure);
                  }));
      reply(received.number, body);
      break;
    case Frame::program_close_stdin:
      process.close_stdin(host_->self, id);
      break;
    case Frame::program_stop:
      process.stop(host_->self, id, number);
      break;
    default:
      process.forget(host_->self, id, number);
  }
  return Ok{};
}

Status Isolated::start_program(std::uint64_t number, Unpacker& in) {
  const auto& process = table_of<bus_process>(host_, BUS_EXT_PROCESS);
  bus_program program{};
  program.size = sizeof program;
  program.flags = in.number<std::uint32_t>();
  const bool drains = in.number<std::uint8_t>() != 0;
  program.path = text_of(in.text());
  std::vector<bus_text> argv(in.count(4));
  for (bus_text& word : argv) word = text_of(in.text());
  program.argv = argv.data();
  program.argc = argv.size();
  std::vector<bus_variable> env(in.count(8));
  for (bus_variable& one : env) one = {text_of(in.text()), text_of(in.text())};
  program.env = env.data();
  program.env_count = env.size();
  program.cwd = text_of(in.text());
  program.line_bound = static_cast<std::size_t>(in.number<std::uint64_t>());
  program.argument = this;
  program.on_output = [](void* self, std::uint64_t id, std::uint32_t stream, const bus_output* items,
                         std::size_t count) {
    Packer output;
    output.number(id).number(stream).number(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) output.number(items[i].flags).text(view(items[i].text));
    tell(self, Frame::program_output, output, "the output of a program");
  };
  if (drains) {
    program.on_drained = [](void* self, std::uint64_t id) {
      tell(self, Frame::program_drained, Packer().number(id), "on_drained of a program");
    };
  }
  program.on_exit = [](void* self, std::uint64_t id, const bus_exit* how) {
    Packer ended;
    ended.number(id).number(how->flags).number(how->code).number(how->signal).text(view(how->text));
    tell(self, Frame::program_ended, ended, "the end of a program");
  };
  if (!in.done()) return senseless("a program");
  std::uint64_t id = 0;
  Packer body;
  pack_status(body,
              told([&](bus_error* failure) { return process.start(host_->self, &program, &id, failure); }));
  const std::int32_t pid = process.pid(host_->self, id);
  reply(number, body.number(id).number(pid));
  return Ok{};
}

}  // namespace bus::plugin
