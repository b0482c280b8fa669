// hello, status, plugins, deliver: questions about the host, and messages to its sources.
#include <unistd.h>

#include "core/base/version.h"
#include "core/host/parts.h"
#include "core/wire/frame.h"

namespace bus::host {
namespace {

std::string hello(const Parts& parts) {
  std::string result;
  json::Writer(result)
      .begin_object()
      .member("version", version())
      .member("pid", ::getpid())
      .member("proto", wire::kProtocol)
      .member("max_frame", wire::kMaxFrame)
      .member("head", parts.hub->head())
      .end_object();
  return result;
}

std::string intake_answer(const plugin::IntakeAnswer& answer) {
  std::string result;
  json::Writer out(result);
  out.begin_object();
  if (!answer.reply.empty()) out.key("reply").raw(answer.reply);
  out.key("events").begin_array();
  for (const store::Appended& one : answer.events) {
    out.begin_object().member("id", one.id.text()).member("seq", one.seq);
    out.member("duplicate", one.kind == store::Appended::Kind::duplicate).end_object();
  }
  out.end_array().end_object();
  return result;
}

void deliver(Parts& parts, const wire::Request& request, const fanout::Reply& reply) {
  const auto source = request.text_of("source");
  if (!source) return reply.refuse(source.error());
  const auto durable = request.boolean_of("durable", false);
  if (!durable) return reply.refuse(durable.error());
  std::string message(json::raw_member(request.text, "message"));
  if (message.empty()) return reply.refuse(error(Code::invalid, "'message' is missing"));
  parts.plugins->deliver_intake(*source, std::move(message),
                                *durable ? ingest::Durability::disk : ingest::Durability::commit,
                                [reply](const Result<plugin::IntakeAnswer>& answer) {
                                  if (!answer) return reply.refuse(answer.error());
                                  reply.result(intake_answer(*answer));
                                });
}

}  // namespace

void add_about(Parts& parts) {
  parts.socket->add(
      "hello", [&parts](const wire::Request&, const fanout::Reply& reply) { reply.result(hello(parts)); });
  parts.socket->add("status", [&parts](const wire::Request&, const fanout::Reply& reply) {
    reply.result(status_json(parts));
  });
  parts.socket->add("plugins", [&parts](const wire::Request&, const fanout::Reply& reply) {
    reply.result(plugins_json(parts));
  });
  parts.socket->add("deliver", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    deliver(parts, request, reply);
  });
}

}  // namespace bus::host
