// emit: events from clients of the socket.
#include "core/event/json_form.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

constexpr std::size_t kMostEvents = 4096;

// An event as a client may send it: any source but those that plugins speak for.
Result<store::NewEvent> read_event(const Parts& parts, json::Node node, std::string_view text, Time now) {
  auto event = event::decode_new(node, text, now);
  if (!event) return std::move(event).error();
  if (parts.plugins && parts.plugins->is_source(event->source)) {
    return error(Code::denied, "'" + event->source + "' is the name of a loaded source",
                 "choose another source for your own events");
  }
  store::NewEvent incoming;
  incoming.event = std::move(*event);
  return incoming;
}

void write_receipt(json::Writer& out, const ingest::Answer& answer) {
  out.begin_object();
  if (answer) {
    out.member("id", answer->id.text()).member("seq", answer->seq);
    out.member("duplicate", answer->kind == store::Appended::Kind::duplicate);
    out.member_if("effect", event::name(answer->effect));
  } else {
    out.key("error");
    wire::write_error(out, answer.error());
  }
  out.end_object();
}

// One event: the receipt itself, or the refusal, is the answer.
void emit_one(Parts& parts, const wire::Request& request, ingest::Durability durability, const fanout::Reply& reply) {
  auto incoming = read_event(parts, request.body["event"], json::raw_member(request.text, "event"), parts.clock.now());
  if (!incoming) return reply.refuse(incoming.error());
  std::vector<store::NewEvent> events;
  events.push_back(std::move(*incoming));
  parts.ingest->submit(std::move(events), durability, ingest::Hand::direct, [reply](const ingest::Answers& answers) {
    if (!answers.front()) return reply.refuse(answers.front().error());
    std::string result;
    json::Writer out(result);
    write_receipt(out, answers.front());
    reply.result(result);
  });
}

// Many events: what cannot be read is answered in its place, the rest is stored.
void emit_many(Parts& parts, const wire::Request& request, ingest::Durability durability, const fanout::Reply& reply) {
  const json::Node list = request.body["events"];
  if (!list.is_array() || list.size() > kMostEvents) {
    return reply.refuse(error(Code::invalid, "'events' must be a list of at most " + std::to_string(kMostEvents)));
  }
  const Time now = parts.clock.now();
  std::vector<store::NewEvent> events;
  std::vector<std::optional<Error>> unread;  // one for each event; empty: it is in `events`
  events.reserve(list.size());
  unread.reserve(list.size());
  json::RawElements texts(json::raw_member(request.text, "events"));
  for (const json::Node node : list.elements()) {
    auto incoming = read_event(parts, node, texts.next(), now);
    unread.push_back(incoming ? std::nullopt : std::optional(incoming.error()));
    if (incoming) events.push_back(std::move(*incoming));
  }
  parts.ingest->submit(std::move(events), durability, ingest::Hand::direct,
                       [reply, unread = std::move(unread)](const ingest::Answers& answers) {
                         std::string result;
                         result.reserve(unread.size() * 70 + 16);
                         json::Writer out(result);
                         out.begin_object().key("results").begin_array();
                         auto next = answers.begin();
                         for (const auto& why : unread) write_receipt(out, why ? ingest::Answer(*why) : *next++);
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
