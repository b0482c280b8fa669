#include "sources/nats/message.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sources/nats/native.h"
#include "sources/nats/origin.h"

namespace bus::nats {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> names;
  names.reserve(kMaxHops);
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find(','));
    if (!name.empty()) names.push_back(name);
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return names;
}

std::string data_of(const Origin& origin, const std::vector<std::string_view>& path) {
  std::string names = "[";
  for (const std::string_view name : path) {
    if (names.size() > 1) names += ',';
    append_json_text(names, name);
  }
  names += ']';
  JsonObject out;
  out.text("origin", origin.bus).text("source", origin.source).text("id", origin.id).json("seq", origin.seq);
  out.text("key", origin.key).text("received", origin.received);
  if (!path.empty()) out.json("path", names);
  return out.json("data", origin.data).done();
}

}  // namespace

Verdict MessageReader::read(const Message& message, Event& event, std::string& why) const {
  why.clear();
  const auto poison = [&](std::string text) {
    why = std::move(text);
    return Verdict::poison;
  };
  const std::vector<std::string_view> path = split(message.path);
  if (message.origin == origin_ || std::find(path.begin(), path.end(), origin_) != path.end())
    return Verdict::own;
  if (!std::all_of(path.begin(), path.end(), is_origin) ||
      (!message.origin.empty() && !is_origin(message.origin)))
    return poison("Bus-Origin or Bus-Path is no name of a bus");
  if (path.size() > kMaxHops) return poison("it came through more than 16 buses");
  if (message.body.size() > kMaxBody) return poison("it is larger than 16 MiB");
  Origin origin;
  event = {};
  if (is_cloudevent(message.body)) {
    if (const Status form = form_.read(message.body, event); !form.ok()) return poison(form.message());
    origin.key = event.key;
    origin.data = event.data;
  } else if (!read_native(message.body, event, origin, why)) {
    return Verdict::poison;
  }
  if (origin.bus.empty()) origin.bus = message.origin;
  if (origin.bus == origin_) return Verdict::own;
  if (origin.id.empty() && !message.origin.empty()) origin.id = message.id;
  event.key = !origin.id.empty() ? origin.id : !origin.key.empty() ? origin.key : std::string(message.place);
  event.data = data_of(origin, path);
  event.raw.clear();
  return Verdict::event;
}

}  // namespace bus::nats
