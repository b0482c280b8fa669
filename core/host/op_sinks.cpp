// sinks: how far each sink is, and what holds it up.
#include <algorithm>
#include <map>

#include "core/base/time_text.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

using plugin::PluginStatus;

// When the first event that the sink has still to look at was received; zero if there is none.
Time waiting_since(const store::Store& store, std::uint64_t cursor) {
  const auto page = store.read(cursor, 1, 1);
  if (!page || page->records.empty()) return {};
  json::Document document;
  std::string head(page->records.front()->json.head_open());  // its data can be large
  const auto event = document.parse(head += '}');
  const auto received = event ? parse_time((*event)["received"].string_or({})) : Result<Time>(event.error());
  return received ? *received : Time{};
}

void write_lag(json::Writer& out, const Parts& parts, const PluginStatus& sink) {
  const std::uint64_t head = parts.hub->head();
  const std::uint64_t lag = head > sink.cursor ? head - sink.cursor : 0;
  out.member("cursor", sink.cursor).member("lag", lag);
  const Time since = lag == 0 ? Time{} : waiting_since(*parts.store, sink.cursor);
  if (since != Time{}) {
    const auto age = std::max(parts.clock.now() - since, microseconds(0));
    out.member("lag_seconds", std::chrono::duration<double>(age).count());
  }
}

void write_sink(json::Writer& out, const Parts& parts, const PluginStatus& sink, std::uint64_t dead_letters) {
  const plugin::Figures& figures = sink.figures;
  out.begin_object().member("name", sink.name).member_if("plugin", sink.plugin);
  out.member("state", plugin::name(sink.state.state)).member_if("reason", sink.state.reason);
  if (sink.state.since != Time{}) out.member("since", format_time(sink.state.since));
  write_lag(out, parts, sink);
  out.member("attempts", figures.attempts).member("failures", figures.failures);
  out.member("delivered", figures.delivered).member("dead_letters", dead_letters);
  if (!sink.trouble.what.empty()) {
    out.member("last_error", sink.trouble.what).member("last_error_at", format_time(sink.trouble.at));
  }
  if (sink.trouble.next != Time{}) out.member("next_attempt", format_time(sink.trouble.next));
  out.end_object();
}

Result<std::string> sinks_json(const Parts& parts) {
  auto dead = parts.store->count_dead_letters();
  if (!dead) return std::move(dead).error();
  std::string result;
  json::Writer out(result);
  out.begin_object().key("sinks").begin_array();
  for (const PluginStatus& one : parts.plugins->status()) {
    if (one.role == "sink" && one.state.state != plugin::State::off)
      write_sink(out, parts, one, (*dead)[one.name]);
  }
  out.end_array().end_object();
  return result;
}

}  // namespace

void add_sinks(Parts& parts) {
  parts.socket->add("sinks", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    const auto what = request.text_of("do");
    const auto sink = request.text_of("sink");
    if (!what || !sink) return reply.refuse(what ? sink.error() : what.error());
    if (*what == "resume") {
      return parts.plugins->resume(*sink, [reply](const Status& resumed) {
        return resumed ? reply.result("{}") : reply.refuse(resumed.error());
      });
    }
    if (!what->empty() && *what != "list")
      return reply.refuse(error(Code::invalid, "'do' must be list or resume"));
    const auto result = sinks_json(parts);
    return result ? reply.result(*result) : reply.refuse(result.error());
  });
}

}  // namespace bus::host
