#include "sources/docker/message.h"

#include <algorithm>
#include <array>

#include "sources/docker/text.h"

namespace bus::docker {
namespace {

constexpr std::size_t kMaxAttributes = 512;
constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kLastSecond =
    253'402'300'799;  // the end of the year 9999; its ns do not fit, see below

// podman's words for what Docker calls otherwise. Only for containers: a network is "removed" by both.
constexpr std::array<Attribute, 4> kWords = {{
    {"died", "die"},
    {"remove", "destroy"},
    {"exec_died", "exec_die"},
    {"checkpointed", "checkpoint"},
}};

// Before API 1.22 a message had no Type: `from` belongs to containers, and these words to images.
std::string_view type_of_legacy(simdjson::dom::object root, std::string_view action) {
  constexpr std::array<std::string_view, 8> kImage = {"delete", "import", "load", "pull",
                                                      "push",   "save",   "tag",  "untag"};
  const bool image =
      text_of(root, "from").empty() && std::find(kImage.begin(), kImage.end(), action) != kImage.end();
  return image ? "image" : "container";
}

// timeNano, or time; 0 if neither is a time.
std::int64_t time_ns_of(simdjson::dom::object root) {
  const std::int64_t nanos = number_of(root, "timeNano");
  if (nanos > 0) return nanos;
  const std::int64_t seconds = number_of(root, "time");
  if (seconds <= 0 || seconds > std::min(kLastSecond, INT64_MAX / kNanos)) return 0;
  return seconds * kNanos;
}

void read_attributes(simdjson::dom::object from, std::vector<Attribute>& into) {
  for (const auto member : from) {
    std::string_view value;
    if (into.size() == kMaxAttributes) return;
    if (member.value.get_string().get(value) == simdjson::SUCCESS && !value.empty())
      into.emplace_back(member.key, value);
  }
}

}  // namespace

std::string_view Message::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes) {
    if (key == wanted) return value;
  }
  return {};
}

std::optional<Message> MessageReader::read(std::string_view json) {
  simdjson::dom::object root;
  if (parser_.parse(json.data(), json.size()).get_object().get(root) != simdjson::SUCCESS)
    return std::nullopt;
  Message message;
  message.action = text_of(root, "Action");
  if (message.action.empty()) message.action = text_of(root, "status");
  message.type = text_of(root, "Type");
  if (message.type.empty()) message.type = type_of_legacy(root, message.action);
  if (message.action.empty()) return std::nullopt;

  if (const std::size_t colon = message.action.find(": "); colon != std::string_view::npos) {
    message.rest = message.action.substr(colon + 2);
    message.action = message.action.substr(0, colon);
  }
  if (message.type == "container") {
    const auto* word = std::find_if(kWords.begin(), kWords.end(),
                                    [&](const Attribute& pair) { return pair.first == message.action; });
    if (word != kWords.end()) message.action = word->second;
  }

  simdjson::dom::object actor, attributes;
  if (object_of(root, "Actor", actor)) {
    message.id = text_of(actor, "ID");
    if (object_of(actor, "Attributes", attributes)) read_attributes(attributes, message.attributes);
  }
  if (message.id.empty()) message.id = text_of(root, "id");
  if (message.attribute("image").empty() && message.type == "container") {
    if (const auto image = text_of(root, "from"); !image.empty())
      message.attributes.emplace_back("image", image);
  }
  if (message.action == "health_status" && message.rest.empty())
    message.rest = message.attribute("health_status");  // podman 4
  message.scope = text_of(root, "scope");
  message.time_ns = time_ns_of(root);
  return message.action.empty() ? std::nullopt : std::optional<Message>(std::move(message));
}

}  // namespace bus::docker
