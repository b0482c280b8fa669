#include "core/plugin/event_form.h"

#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/event/cloudevents.h"
#include "core/event/json_form.h"

namespace bus::plugin {
namespace {

// A CloudEvent is known by its source and id together; the plugin is the source of all it passes on.
Result<event::Event> read_cloudevent(const Descriptor& descriptor, json::Node node, std::string_view text,
                                     Time now) {
  auto event = event::from_cloudevent(node, text, now);
  if (!event) return event;
  const std::string source(node["source"].string_or(""));
  event->key = source + "#" + event->key;
  if (event->source != descriptor.name) event->scope = source;
  event->source = descriptor.name;
  return event;
}

Result<event::Event> read_native(const Descriptor& descriptor, json::Node node, std::string_view text,
                                 Time now) {
  auto event = event::decode_new(node, text, now);
  if (!event) return event;
  if (!event->source.empty() && event->source != descriptor.name)
    return error(Code::invalid, "source is given by the host; leave it out");
  event->source = descriptor.name;
  return event;
}

}  // namespace

Result<event::Event> read_form(const Descriptor& descriptor, std::string_view text, Time now,
                               json::Document& document) {
  const auto node = document.parse(text);
  if (!node) return node.error();
  auto event = (*node)["specversion"].exists() ? read_cloudevent(descriptor, *node, text, now)
                                               : read_native(descriptor, *node, text, now);
  if (!event) return event;
  if (event->type.empty()) return error(Code::invalid, "type is missing");
  if (Status valid = event::validate(*event); !valid) return std::move(valid).error();
  if (!descriptor.declares(event->type)) {
    return error(Code::invalid,
                 "type '" + printable(cut_utf8(event->type, 64)) + "' is not declared by the plugin");
  }
  return event;
}

Result<std::string> write_cloudevent(std::string_view json, json::Document& document) {
  const auto node = document.parse(json);
  if (!node) return node.error();
  const auto event = event::decode(*node, json);
  if (!event) return event.error();
  return event::to_cloudevent(*event, event->data);
}

}  // namespace bus::plugin
