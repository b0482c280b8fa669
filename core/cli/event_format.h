// --format and --json of the verbs that show events.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/cli/event_template.h"
#include "core/cli/session.h"
#include "core/cli/verb.h"
#include "core/json/reader.h"

namespace bus::cli {

inline constexpr Option kFormatOption = {
    .name = "format",
    .value = "FORMAT",
    .help = "text, json (as --json), cloudevents, or a template as in '{{.seq}} {{.task.state}}'."};
inline constexpr Option kNoDataOption = {.name = "no-data",
                                         .help = "Leave out the source's own words (data)."};

// How an event is written. Immutable.
class EventFormat {
 public:
  enum class Kind : std::uint8_t { text, json, cloudevents, pattern };

  // --format, or --json, and --no-data. Code::invalid for a word that is none, and for a template that cannot
  // be read.
  static Result<EventFormat> of(const Session& session);

  Kind kind() const { return kind_; }
  // Whether the host has to send data.
  bool wants_data() const;
  // One event as a line on stdout: `event` and its own bytes.
  Status write(Session& session, json::Node event, std::string_view text) const;

 private:
  Kind kind_ = Kind::text;
  std::optional<EventTemplate> template_;
  bool show_data_ = true;
};

}  // namespace bus::cli
