// CloudEvents: structured, batched and binary. Any bytes end in an event or an error; an event that may enter
// has a CloudEvents form that is valid JSON, obeys the rules of attribute names and strings, and can be read
// back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/event/cloudevents.h"
#include "core/event/event.h"
#include "core/json/reader.h"

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.size() <= 20 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

void check_written(const bus::event::Event& event) {
  const std::string text = bus::event::to_cloudevent(event, event.data);
  bus::json::Document document;
  const auto node = document.parse(text);
  require(node.ok());
  for (const bus::json::Member member : node->members()) {
    require(is_attribute_name(member.key));
    if (member.key == "data") continue;
    require(!member.value.is_object() && !member.value.is_array() && !member.value.is_null());
    for (const char c : member.value.string_or(""))
      require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  const auto back = bus::event::from_cloudevent(*node, text, bus::Time{1});
  require(back.ok() && back->time == event.time && back->data == event.data);
  require(back->task.has_value() == event.task.has_value());
}

void take(bus::Result<bus::event::Event> event) {
  if (!event || !bus::event::validate(*event)) return;
  bus::event::tidy_summary(*event);
  check_written(*event);
}

void read_json(std::string_view bytes) {
  bus::json::Document document;
  const auto root = document.parse(bytes);
  if (!root) return;
  if (!root->is_array()) return take(bus::event::from_cloudevent(*root, bytes, bus::Time{1}));
  bus::json::RawElements texts(bytes);
  for (const bus::json::Node node : root->elements())
    take(bus::event::from_cloudevent(node, texts.next(), bus::Time{1}));
}

// Lines "name: value" up to an empty one are the headers, the rest is the body.
void read_binary(std::string_view bytes) {
  bus::event::Attributes attributes;
  std::string content_type;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    const std::string name = bus::lower_ascii(bus::trim(line.substr(0, colon)));
    const std::string value(bus::trim(colon == std::string_view::npos ? "" : line.substr(colon + 1)));
    if (name == "content-type") content_type = value;
    if (name.starts_with("ce-")) attributes.emplace_back(name.substr(3), value);
  }
  take(bus::event::from_cloudevent_binary(attributes, content_type, bytes, bus::Time{1}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_json(bytes);
  read_binary(bytes);
  return 0;
}
