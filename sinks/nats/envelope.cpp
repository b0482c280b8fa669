#include "sinks/nats/envelope.h"

#include <simdjson.h>

#include "sinks/nats/cloudevent.h"
#include "sources/nats/origin.h"

namespace bus::nats {
namespace {

// The plugin of the other end: its events are other buses'.
constexpr std::string_view kIncoming = "nats";

std::string_view text(simdjson::dom::object object, std::string_view name) {
  std::string_view value;
  return object.at_key(name).get_string().get(value) == simdjson::SUCCESS ? value : std::string_view();
}

// What an event that came in was where it was stored first; `data` is what the source made of it.
void read_incoming(simdjson::dom::object data, Envelope& out) {
  if (const std::string_view origin = text(data, "origin"); is_origin(origin)) out.origin = origin;
  if (const std::string_view source = text(data, "source"); !source.empty()) out.source = source;
  simdjson::dom::array path;
  if (data.at_key("path").get_array().get(path) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element one : path) {
    std::string_view name;
    if (one.get_string().get(name) == simdjson::SUCCESS && is_origin(name)) out.path.append(name).append(",");
  }
}

// A key is anything; a header is one line.
std::string header_text(std::string_view key) {
  for (const char c : key) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return digest(key);
  }
  return std::string(key);
}

}  // namespace

bool EnvelopeWriter::write(const bus_record& record, Envelope& out) const {
  const bus_event& event = *record.event;
  const bool incoming = view(record.source) == kIncoming;
  if (incoming && !forward_) return false;
  out = {};
  out.id = view(record.id);
  out.origin = origin_;
  out.source = view(record.source);
  std::string inner;
  if (incoming) {
    if (event.key.len != 0) out.id = header_text(view(event.key));
    simdjson::dom::parser parser;
    simdjson::dom::object data;
    simdjson::dom::element below;
    if (parser.parse(event.data.ptr, event.data.len).get_object().get(data) == simdjson::SUCCESS) {
      read_incoming(data, out);
      if (form_ == BodyForm::cloudevents && data.at_key("data").get(below) == simdjson::SUCCESS)
        inner = simdjson::minify(below);
    }
  }
  out.path += origin_;
  out.subject = subject_.fill({out.origin, out.source, view(event.type), view(event.scope)});
  out.body = form_ == BodyForm::native
                 ? std::string(view(record.json))
                 : cloudevent_of(record, {out.id, out.source, incoming ? inner : view(event.data)});
  return true;
}

}  // namespace bus::nats
