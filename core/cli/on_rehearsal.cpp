#include "core/cli/on_rehearsal.h"

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/json/writer.h"
#include "core/rules/launch.h"

namespace bus::cli {
namespace {

using Kind = rules::Offered::Kind;

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::run:
      return "run";
    case Kind::folded:
      return "folded";
    case Kind::dropped:
      return "dropped";
  }
  return "run";
}

microseconds left_until(Mono until, Mono now) {
  return std::chrono::ceil<milliseconds>(until - now);
}

// What the program would find of the event in its environment.
std::vector<std::string> variables(std::string_view event, bool gathers) {
  std::vector<std::string> names = {"BUS_EVENT_FILE"};
  if (gathers) names.emplace_back("BUS_EVENTS_FILE");
  json::Document document;
  const auto node = document.parse(event);
  if (!node) return names;
  for (auto& [variable, value] : rules::event_scalars(*node)) {
    if (value.find('\0') == std::string::npos) names.push_back(std::move(variable));
  }
  return names;
}

// As one would type it into a shell.
std::string shown(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  std::string clean = printable(word);
  if (!clean.empty() && clean.find_first_not_of(kPlain) == std::string::npos) return clean;
  std::string quoted = "'";
  for (const char c : clean) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

void OnRehearsal::decided(std::uint64_t seq, const rules::Offered& offered, std::string_view key, Mono now) {
  if (json_) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("seq", seq).member("decision", name(offered.kind));
    if (offered.run != 0) out.member("run", offered.run);
    if (offered.why != rules::Hold::none) out.member("why", rules::name(offered.why));
    if (offered.until) out.member("wait", format_duration(left_until(*offered.until, now)));
    out.member_if("key", key).end_object();
    return out_.line_now(text);
  }
  std::string text = "event " + std::to_string(seq) + ": ";
  if (offered.kind == Kind::dropped) {
    text += "dropped";
  } else if (offered.kind == Kind::folded) {
    text += "joins run " + std::to_string(offered.run);
  } else {
    text += "run " + std::to_string(offered.run);
  }
  if (offered.why != rules::Hold::none) text += ", " + std::string(rules::name(offered.why));
  if (offered.until) text += " for " + format_duration(left_until(*offered.until, now));
  if (!key.empty()) text += ", key " + printable(key);
  out_.line_now(text);
}

void OnRehearsal::would_start(rules::RunId run, std::string_view event, std::size_t events) {
  const auto names = variables(event, gathers_);
  if (json_) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("run", run).member("decision", "start").member("events", events);
    out.key("argv").begin_array();
    for (const std::string& word : argv_) out.string(word);
    out.end_array().key("env").begin_array();
    for (const std::string& variable : names) out.string(variable);
    out.end_array().end_object();
    return out_.line_now(text);
  }
  std::string text = "run " + std::to_string(run) + " would start";
  if (events > 1) text += " for " + std::to_string(events) + " events";
  text += ":";
  for (const std::string& word : argv_) text.append(" ").append(shown(word));
  out_.line(text);
  text = "  with";
  for (const std::string& variable : names) text.append(" ").append(variable);
  out_.line_now(text);
}

void OnRehearsal::would_cancel(rules::RunId run, rules::Hold why) {
  if (json_) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("run", run).member("decision", "cancel").member("why", rules::name(why));
    out.end_object();
    return out_.line_now(text);
  }
  out_.line_now("run " + std::to_string(run) + " is dropped, " + std::string(rules::name(why)));
}

}  // namespace bus::cli
