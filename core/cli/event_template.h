// Templates for lines about events, in the form that users of docker and gh know:
//
//   {{.seq}} {{.source}}/{{.type}} {{.task.state}} {{.summary}}
//
// Between {{ and }} stands a path into the event, as in predicates: .task.state, .data.labels[0].name,
// .data["a key"]. The leading dot may be left out; a lone dot is the whole event. `json` in front gives the
// value as JSON, as it is stored. In the text around it \t, \n and \\ are a tab, a line break and a
// backslash.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/json/reader.h"

namespace bus::cli {

// Immutable.
class EventTemplate {
 public:
  // Code::invalid names the column; the hint points at it.
  static Result<EventTemplate> parse(std::string_view text);
  // True for a text that is meant as a template.
  static bool looks_like(std::string_view text) { return text.find("{{") != std::string_view::npos; }

  // The line for an event, as `node` and its own bytes. What is not there is empty; text from the event is
  // made safe for a terminal.
  std::string line(json::Node node, std::string_view text) const;
  // False if the source's own words (data) are never shown.
  bool wants_data() const;

 private:
  using Step = std::variant<std::string, std::size_t>;  // a member, an element
  struct Part {
    std::string literal;  // goes in front
    std::vector<Step> path;
    bool json = false;
    bool end = false;  // only the literal
  };
  class Reader;

  std::vector<Part> parts_;
};

}  // namespace bus::cli
