#include "core/cli/event_format.h"

#include "core/cli/event_text.h"
#include "core/event/cloudevents.h"
#include "core/event/json_form.h"

namespace bus::cli {

Result<EventFormat> EventFormat::of(const Session& session) {
  EventFormat format;
  format.show_data_ = !session.args().has("no-data");
  const auto word = session.args().get("format");
  if (!word || *word == "json") {
    if (word || session.json()) format.kind_ = Kind::json;
    return format;
  }
  if (session.json()) return session.usage("--json and --format " + *word + " exclude each other");
  if (*word == "text") return format;
  if (*word == "cloudevents") {
    format.kind_ = Kind::cloudevents;
    return format;
  }
  if (!EventTemplate::looks_like(*word)) {
    return session.usage("--format: unknown word '" + *word + "'",
                         "one of: text, json, cloudevents; or a template, as in '{{.seq}} {{.summary}}'");
  }
  auto made = EventTemplate::parse(*word);
  if (!made) return std::move(made).error();
  format.kind_ = Kind::pattern;
  format.template_ = std::move(*made);
  return format;
}

bool EventFormat::wants_data() const {
  switch (kind_) {
    case Kind::text:
      return false;
    case Kind::json:
      return show_data_;
    case Kind::cloudevents:
      return true;  // also without: the type of GitHub's events names their action
    case Kind::pattern:
      return show_data_ && template_->wants_data();
  }
  return true;
}

Status EventFormat::write(Session& session, json::Node event, std::string_view text) const {
  switch (kind_) {
    case Kind::text:
      session.out().line(event_line(event));
      break;
    case Kind::json:
      session.out().line(text);
      break;
    case Kind::cloudevents: {
      const auto decoded = event::decode(event, text);
      if (!decoded) return decoded.error();
      session.out().line(event::to_cloudevent(*decoded, decoded->data,
                                              show_data_ ? event::WithData::yes : event::WithData::no));
      break;
    }
    case Kind::pattern:
      session.out().line(template_->line(event, text));
      break;
  }
  return Ok{};
}

}  // namespace bus::cli
