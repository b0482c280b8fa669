// emit: events from clients of the socket. It runs on the socket's thread, which commits them itself when
// nobody else is committing.
#include "core/event/json_form.h"
#include "core/host/accept.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

Result<store::NewEvent> read_event(const Parts& parts, json::Node node, std::string_view text, Time now) {
  return accept_event(parts, event::decode_new(node, text, now));
}

// One event: the receipt itself, or the refusal, is the answer.
void emit_one(Parts& parts, const wire::Request& request, ingest::Durability durability,
              const fanout::Reply& reply) {
  auto incoming =
      read_event(parts, request.body["event"], json::raw_member(request.text, "event"), parts.clock.now());
  if (!incoming) return reply.refuse(incoming.error());
  std::vector<store::NewEvent> events;
  events.push_back(std::move(*incoming));
  parts.ingest->submit(std::move(events), durability, ingest::Hand::direct,
                       [reply](const ingest::Answers& answers) {
                         if (!answers.front()) return reply.refuse(answers.front().error());
                         std::string result;
                         json::Writer out(result);
                         write_receipt(out, answers.front());
                         reply.result(result);
                       });
}

// Many events: what cannot be read is answered in its place, the rest is stored.
void emit_many(Parts& parts, const wire::Request& request, ingest::Durability durability,
               const fanout::Reply& reply) {
  const json::Node list = request.body["events"];
  if (!list.is_array() || list.size() > kMostEvents) {
    return reply.refuse(
        error(Code::invalid, "'events' must be a list of at most " + std::to_string(kMostEvents)));
  }
  const Time now = parts.clock.now();
  std::vector<Result<store::NewEvent>> incoming;
  incoming.reserve(list.size());
  json::RawElements texts(json::raw_member(request.text, "events"));
  for (const json::Node node : list.elements())
    incoming.push_back(read_event(parts, node, texts.next(), now));
  submit_accepted(parts, std::move(incoming), durability, ingest::Hand::direct,
                  [reply](const ingest::Answers& answers) {
                    std::string result;
                    result.reserve(answers.size() * 70 + 16);
                    json::Writer out(result);
                    out.begin_object().key("results").begin_array();
                    for (const ingest::Answer& answer : answers) write_receipt(out, answer);
                    out.end_array().end_object();
                    reply.result(result);
                  });
}

}  // namespace

void add_emit(Parts& parts) {
  parts.socket->add("emit", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    const auto durable = request.boolean_of("durable", false);
    if (!durable) return reply.refuse(durable.error());
    const auto durability = *durable ? ingest::Durability::disk : ingest::Durability::commit;
    if (request.body["events"].exists()) return emit_many(parts, request, durability, reply);
    emit_one(parts, request, durability, reply);
  });
}

}  // namespace bus::host
