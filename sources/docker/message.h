// One message of /events, whatever version of whichever engine wrote it.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace bus::docker {

using Attribute = std::pair<std::string_view, std::string_view>;

// All texts are views; `type` and `action` are never empty.
struct Message {
  std::string_view type;    // "container"
  std::string_view action;  // Docker's word, also where podman has another one: "health_status"
  std::string_view rest;    // of a composite action, what is behind it: "healthy", the command of an exec
  std::string_view id;      // may be empty: podman names a volume by its name only
  std::string_view scope;   // "local", "swarm"
  std::int64_t time_ns = 0;
  std::vector<Attribute> attributes;  // those that are text and not empty

  // Empty if there is none.
  std::string_view attribute(std::string_view name) const;
  std::string_view name() const { return attribute("name"); }
};

// Not safe for concurrent use: it keeps its parser's memory.
class MessageReader {
 public:
  // nullopt: no JSON object, or one that does not say what happened. What is read is valid until the next
  // call.
  std::optional<Message> read(std::string_view json);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace bus::docker
