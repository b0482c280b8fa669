// bus events list, watch, show: reading the log.
#include <algorithm>
#include <deque>
#include <iterator>
#include <vector>

#include "core/auth/base64.h"
#include "core/base/text.h"
#include "core/cli/event_format.h"
#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/expression.h"
#include "core/cli/following.h"
#include "core/cli/shorthand.h"
#include "core/client/follower.h"

namespace bus::cli {
namespace {

constexpr std::int64_t kPage = 1000;  // what the host gives at most in one answer
constexpr std::int64_t kDefaultLimit = 50;

constexpr Positional kWhere[] = {
    {.name = "EXPR",
     .help = "Only events for which this expression is true (PREDICATES.md); all if left out."}};
constexpr std::string_view kLineNotes =
    "Lines are: seq, time, source/type, scope, summary. With --json each line is an event (EVENTS.md), with "
    "--format "
    "cloudevents a CloudEvent.\n"
    "A template is text with paths into the event between {{ and }}, as in predicates: {{.task.state}}, "
    "{{.data.labels[0].name}}, {{.data[\"a key\"]}}; {{.}} is the whole event, and {{json .data}} a value as "
    "JSON. "
    "What is not there is empty. \\t and \\n are a tab and a line break.";

constexpr Example kListExamples[] = {
    {"bus events list", "The newest 50 events, oldest of them first."},
    {"bus events list --since 1h --result failure", "What failed in the last hour (the newest 50 of it)."},
    {"bus events list --all --json 'source == \"github\"' | jq .data",
     "Every event of GitHub, with its data."},
    {"bus events list --format '{{.seq}} {{.task.state}} {{.data.sender.login}}'", "Lines of one's own."},
};
constexpr Option kListOptions[] = {
    {.name = "since",
     .value = "PLACE",
     .help = "Only what comes behind: 10m, an RFC 3339 time, a seq, an event id, or @cursor."},
    {.name = "limit", .value = "N", .help = "The newest N; 50 if left out."},
    {.name = "all", .help = "All of them, oldest first."},
    kNoDataOption,
    kFormatOption,
};
constexpr Example kWatchExamples[] = {
    {"bus events watch", "What happens from now on, until Ctrl-C."},
    {"bus events watch --since 10m --source github", "The last ten minutes of GitHub, then live."},
};
constexpr Option kWatchOptions[] = {
    {.name = "since",
     .value = "PLACE",
     .help = "Start there instead of now: 10m, an RFC 3339 time, a seq, an event id, start, or @cursor."},
    {.name = "count", .value = "N", .help = "End after N events."},
    kNoDataOption,
    kFormatOption,
};
constexpr Example kShowExamples[] = {
    {"bus events show 1042", "All of one event, named by its seq."},
    {"bus events show 01JD3ZK8QZ0V6N1J6Y2T4B7A9C --json", "The same by its id, as JSON."},
    {"bus events show 1042 --raw", "The body that a webhook brought, byte for byte."},
};
constexpr std::string_view kWatchNotes =
    "Goes on by itself when the host was away, and leaves nothing out. Formats are those of bus events list.";
constexpr Positional kShowPositionals[] = {{.name = "EVENT", .help = "A seq or an id.", .required = true}};
constexpr Option kShowOptions[] = {{.name = "raw", .help = "The body as it came, byte for byte."},
                                   kFormatOption};
constexpr std::string_view kShowNotes = "Formats are those of bus events list; text is a field a line.";
constexpr ExitMeaning kShowExits[] = {{kNotFound, "no such event, or none with a body of its own (--raw)"}};

Result<std::string> where_of(const Session& session) {
  auto where = filter_expression(session.args(), session.args().positional(0));
  if (!where || where->empty()) return where;
  if (const auto compiled = compile_expression(*where); !compiled) return compiled.error();
  return where;
}

struct Page {
  std::string where;
  std::string since;
  std::uint64_t until = 0;
  std::int64_t limit = kPage;
  bool newest = false;
  bool data = true;
};

client::Call call_of(const Page& page) {
  client::Call call("events");
  json::Writer& params = call.params();
  params.member_if("where", page.where).member_if("since", page.since).member("limit", page.limit);
  if (page.until != 0) params.member("until", page.until);
  if (page.newest) params.member("newest", true);
  params.member("data", page.data);
  return call;
}

// Visits the events of a page with their own bytes.
template <class Visit>
void each_event(json::Node result, std::string_view raw, Visit visit) {
  json::RawElements texts(json::raw_member(raw, "events"));
  for (const json::Node event : result["events"].elements()) visit(event, texts.next());
}

Result<int> list_all(Session& session, const EventFormat& format, client::Connection& host, Page page) {
  for (;;) {
    const auto result = host.ask(call_of(page));
    if (!result) return result.error();
    Status written = Ok{};
    each_event(*result, host.raw_result(), [&](json::Node event, std::string_view text) {
      if (written) written = format.write(session, event, text);
    });
    if (!written) return std::move(written).error();
    if ((*result)["end"].boolean().value_or(true) || session.out().failed()) return kGood;
    page.since = std::to_string((*result)["last"].integer().value_or(0));
  }
}

// The newest `limit`, oldest of them first. Pages backwards: the host gives at most 1,000 in one answer, and
// looks at a bounded number of events for it.
Result<std::deque<std::string>> newest(client::Connection& host, Page page, std::size_t limit) {
  std::deque<std::string> kept;
  page.newest = true;
  for (;;) {
    page.limit = std::min(static_cast<std::int64_t>(limit - kept.size()), kPage);
    const auto result = host.ask(call_of(page));
    if (!result) return result.error();
    std::vector<std::string> texts;
    texts.reserve((*result)["events"].size());
    each_event(*result, host.raw_result(),
               [&](json::Node, std::string_view text) { texts.emplace_back(text); });
    kept.insert(kept.begin(), std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()));
    const std::int64_t first = (*result)["first"].integer().value_or(0);
    if (kept.size() >= limit || first <= 1 || (*result)["end"].boolean().value_or(true)) return kept;
    page.until = static_cast<std::uint64_t>(first - 1);
  }
}

Result<int> list_newest(Session& session, const EventFormat& format, client::Connection& host, Page page,
                        std::int64_t limit) {
  const auto texts = newest(host, std::move(page), static_cast<std::size_t>(limit));
  if (!texts) return texts.error();
  json::Document document;
  for (const std::string& text : *texts) {
    const auto event = document.parse(text);
    if (!event) return event.error();
    if (Status written = format.write(session, *event, text); !written) return std::move(written).error();
  }
  return kGood;
}

Result<int> run_list(Session& session) {
  const auto format = EventFormat::of(session);
  if (!format) return format.error();
  const auto where = where_of(session);
  if (!where) return where.error();
  const auto limit = session.args().integer("limit", 1, 1'000'000);
  if (!limit) return limit.error();
  if (*limit && session.args().has("all")) return session.usage("--limit and --all exclude each other");
  auto host = session.connect();
  if (!host) return std::move(host).error();
  Page page;
  page.where = *where;
  page.since = session.args().get_or("since", "");
  page.data = format->wants_data();
  if (session.args().has("all")) return list_all(session, *format, *host, std::move(page));
  return list_newest(session, *format, *host, std::move(page), limit->value_or(kDefaultLimit));
}

Result<int> run_watch(Session& session) {
  const auto format = EventFormat::of(session);
  if (!format) return format.error();
  auto where = where_of(session);
  if (!where) return where.error();
  const auto count = session.args().integer("count", 1, INT64_MAX);
  if (!count) return count.error();
  const auto paths = session.paths();
  if (!paths) return paths.error();
  client::Subscribe subscribe;
  subscribe.where = std::move(*where);
  subscribe.since = session.args().get_or("since", "now");
  subscribe.data = format->wants_data();
  auto follower = client::Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return std::move(follower).error();
  for (std::int64_t left = count->value_or(INT64_MAX); left > 0 && !session.out().failed();) {
    // What is here already is written together; before we wait for more, the reader gets all of it.
    const bool more = follower->has_item();
    if (!more) session.out().flush();
    const auto item = follower->next(more ? std::optional<Mono>(system_clock().monotonic()) : std::nullopt);
    if (!item && item.error().code == Code::stopping) continue;  // a signal that somebody handled
    if (!item) return item.error();
    if (!*item) continue;
    const client::Item& got = **item;
    if (got.kind != client::Item::Kind::event) {
      tell_of(session, got);
      continue;
    }
    if (Status written = format->write(session, got.node, got.text); !written)
      return std::move(written).error();
    --left;
  }
  return kGood;
}

Result<int> show_raw(Session& session, client::Connection& host, client::Call call) {
  call.params().member("raw", true);
  const auto result = host.ask(std::move(call));
  if (!result) return result.error();
  const auto bytes = auth::parse_base64((*result)["raw"].string_or(""));
  if (!bytes) return error(Code::fault, "the host's answer cannot be read");
  session.out().write(*bytes);
  return kGood;
}

Result<int> run_show(Session& session) {
  const auto format = EventFormat::of(session);
  if (!format) return format.error();
  const bool raw = session.args().has("raw");
  if (raw && session.args().has("format")) return session.usage("--raw and --format exclude each other");
  auto host = session.connect();
  if (!host) return std::move(host).error();
  client::Call call("event");
  call.params().member("event", session.args().positional(0));
  if (raw) return show_raw(session, *host, std::move(call));
  const auto result = host->ask(std::move(call));
  if (!result) return result.error();
  const json::Node event = (*result)["event"];
  if (format->kind() == EventFormat::Kind::text) {
    session.out().write(event_page(event));
    return kGood;
  }
  Status written = format->write(session, event, json::raw_member(host->raw_result(), "event"));
  if (!written) return std::move(written).error();
  return kGood;
}

}  // namespace

extern const Verb kEventsList, kEventsWatch, kEventsShow;
const Verb kEventsList = {.name = "events list",
                          .summary = "read the log",
                          .examples = kListExamples,
                          .positionals = kWhere,
                          .options = kListOptions,
                          .filters = filter_options(),
                          .notes = kLineNotes,
                          .run = run_list};
const Verb kEventsWatch = {.name = "events watch",
                           .summary = "show events as they come",
                           .examples = kWatchExamples,
                           .positionals = kWhere,
                           .options = kWatchOptions,
                           .filters = filter_options(),
                           .notes = kWatchNotes,
                           .run = run_watch};
const Verb kEventsShow = {.name = "events show",
                          .summary = "show one event in full",
                          .examples = kShowExamples,
                          .positionals = kShowPositionals,
                          .options = kShowOptions,
                          .notes = kShowNotes,
                          .exits = kShowExits,
                          .run = run_show};

}  // namespace bus::cli
