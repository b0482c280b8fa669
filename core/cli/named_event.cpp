#include "core/cli/named_event.h"

#include "core/base/text.h"
#include "core/cli/emit_event.h"
#include "core/cli/input.h"
#include "core/event/json_form.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMaxEvent = 16u << 20;

bool is_given(std::string_view name) {
  return name == "-" || name.starts_with('@') || trim(name).starts_with('{');
}

Result<event::Event> given_event(std::string_view name) {
  const auto argument = read_argument(name, kMaxEvent);
  if (!argument) return argument.error();
  const auto text = event_of_json(*argument);
  if (!text) return text.error();
  json::Document document;
  const auto node = document.parse(*text);
  if (!node) return node.error();
  return event::decode(*node, *text);
}

Result<event::Event> stored_event(const Session& session, std::string_view name) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  client::Call call(name.empty() ? "events" : "event");
  if (name.empty()) {
    call.params().member("limit", 1).member("newest", true);
  } else {
    call.params().member("event", name);
  }
  const auto result = host->ask(std::move(call));
  if (!result) return result.error();
  if (!name.empty()) return event::decode((*result)["event"], json::raw_member(host->raw_result(), "event"));
  const json::Node newest = (*result)["events"].at(0);
  if (!newest.exists())
    return error(Code::not_found, "no event is stored yet", "name one, or give it as JSON");
  json::RawElements texts(json::raw_member(host->raw_result(), "events"));
  return event::decode(newest, texts.next());
}

}  // namespace

Result<event::Event> named_event(const Session& session, std::string_view name) {
  return is_given(name) ? given_event(name) : stored_event(session, name);
}

}  // namespace bus::cli
