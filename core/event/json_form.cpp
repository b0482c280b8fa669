#include "core/event/json_form.h"

#include <array>
#include <limits>

#include "core/base/text.h"
#include "core/base/time_text.h"

namespace bus::event {
namespace {

constexpr std::array<std::string_view, 13> kEventFields = {"seq",     "id",   "source",   "type", "scope",
                                                           "subject", "time", "received", "key",  "summary",
                                                           "trace",   "task", "data"};
constexpr std::array<std::string_view, 22> kTaskFields = {
    "id",   "attempt", "kind",    "name",   "scope",      "ref",    "sha", "change",
    "url",  "actor",   "worker",  "parent", "state",      "result", "ok",  "detail",
    "exit", "signal",  "started", "ended",  "blocked_on", "effect"};

Error wrong(std::string_view field, std::string_view why) {
  return error(Code::invalid, std::string(field) + " " + std::string(why));
}

// Reads members by name and remembers the first thing that was wrong.
class Fields {
 public:
  Fields(json::Node node, std::string_view prefix) : node_(node), prefix_(prefix) {}

  void text(std::string_view field, std::string& out) {
    const json::Node value = node_[field];
    if (!value.exists() || value.is_null()) return;
    if (const auto text = value.string()) {
      out = *text;
    } else {
      fail(field, "must be a string");
    }
  }
  void time(std::string_view field, std::optional<Time>& out) {
    std::string words;
    text(field, words);
    if (words.empty()) return;
    const auto parsed = parse_time(words);
    if (parsed) {
      out = *parsed;
    } else {
      fail(field, "is " + parsed.error().message);
    }
  }
  template <class Enum>
  void word(std::string_view field, std::optional<Enum>& out,
            std::optional<Enum> (*named)(std::string_view)) {
    std::string words;
    text(field, words);
    if (words.empty()) return;
    out = named(words);
    if (!out) fail(field, "knows no '" + printable(cut_utf8(words, 40)) + "'");
  }
  std::optional<std::int64_t> integer(std::string_view field, std::int64_t least, std::int64_t most) {
    const json::Node value = node_[field];
    if (!value.exists() || value.is_null()) return std::nullopt;
    const auto number = value.integer();
    if (!number || *number < least || *number > most) {
      fail(field, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
      return std::nullopt;
    }
    return number;
  }
  template <std::size_t N>
  void only(const std::array<std::string_view, N>& known) {
    for (const json::Member& member : node_.members()) {
      bool found = false;
      for (std::string_view name : known) found = found || name == member.key;
      if (found) continue;
      const std::string_view near = nearest(member.key, known);
      fail(printable(cut_utf8(member.key, 40)),
           near.empty() ? "is no member of it"
                        : "is no member of it; did you mean '" + std::string(near) + "'?");
    }
  }
  void fail(std::string_view field, std::string_view why) {
    if (!failure_) failure_ = wrong(std::string(prefix_) + std::string(field), why);
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  json::Node node_;
  std::string_view prefix_;
  std::optional<Error> failure_;
};

void read_task(Fields& in, Task& task) {
  in.text("id", task.id);
  in.text("kind", task.kind);
  in.text("name", task.name);
  in.text("scope", task.scope);
  in.text("ref", task.ref);
  in.text("sha", task.sha);
  in.text("change", task.change);
  in.text("url", task.url);
  in.text("actor", task.actor);
  in.text("worker", task.worker);
  in.text("parent", task.parent);
  in.text("detail", task.detail);
  in.text("signal", task.signal);
  in.text("blocked_on", task.blocked_on);
  in.time("started", task.started);
  in.time("ended", task.ended);
  in.word("result", task.result, outcome_named);
  std::optional<State> state;
  in.word("state", state, state_named);
  if (state) {
    task.state = *state;
  } else {
    in.fail("state", "is missing");
  }
  if (const auto attempt = in.integer("attempt", 0, std::numeric_limits<std::uint32_t>::max())) {
    task.attempt = static_cast<std::uint32_t>(*attempt);
  }
  if (const auto code =
          in.integer("exit", std::numeric_limits<int>::min(), std::numeric_limits<int>::max())) {
    task.exit = static_cast<int>(*code);
  }
}

void read_event(Fields& in, Event& event) {
  in.text("source", event.source);
  in.text("type", event.type);
  in.text("scope", event.scope);
  in.text("subject", event.subject);
  in.text("key", event.key);
  in.text("summary", event.summary);
  in.text("trace", event.trace);
}

}  // namespace

bool is_one_line(std::string_view json) {
  return json.find('\n') == std::string_view::npos && json.find('\r') == std::string_view::npos;
}

std::string one_line(std::string_view json) {
  std::string out(json);
  if (is_one_line(json)) return out;
  for (char& c : out) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return out;
}

void write_task(json::Writer& out, const Task& task) {
  out.begin_object().member("id", task.id).member("attempt", task.attempt).member("kind", task.kind);
  out.member_if("name", task.name).member_if("scope", task.scope).member_if("ref", task.ref);
  out.member_if("sha", task.sha).member_if("change", task.change).member_if("url", task.url);
  out.member_if("actor", task.actor).member_if("worker", task.worker).member_if("parent", task.parent);
  out.member("state", name(task.state));
  if (task.result) out.member("result", name(*task.result)).member("ok", task.ok());
  out.member_if("blocked_on", task.blocked_on).member_if("detail", task.detail);
  if (task.exit) out.member("exit", *task.exit);
  out.member_if("signal", task.signal);
  if (task.started) out.member("started", format_time(*task.started));
  if (task.ended) out.member("ended", format_time(*task.ended));
  out.member_if("effect", name(task.effect)).end_object();
}

Encoded encode(const Event& event) {
  Encoded encoded;
  encoded.text.reserve(320 + event.summary.size() + event.key.size() + event.data.size() +
                       (event.task ? 512 : 0));
  json::Writer out(encoded.text);
  out.begin_object().member("seq", event.seq).key("id").raw("\"");
  event.id.append_to(encoded.text);
  encoded.text += '"';
  out.member("source", event.source).member("type", event.type);
  out.member_if("scope", event.scope).member_if("subject", event.subject);
  out.key("time").raw("\"");
  append_time(encoded.text, event.time);
  encoded.text += '"';
  out.key("received").raw("\"");
  append_time(encoded.text, event.received);
  encoded.text += '"';
  out.member_if("key", event.key).member_if("summary", event.summary);
  out.member_if("trace", event.trace);
  if (event.task) {
    out.key("task");
    write_task(out, *event.task);
  }
  encoded.head = encoded.text.size();
  if (!event.data.empty()) out.key("data").raw(event.data);
  out.end_object();
  return encoded;
}

Result<Task> decode_task(json::Node node) {
  if (!node.is_object()) return wrong("task", "must be an object");
  Task task;
  Fields in(node, "task.");
  read_task(in, task);
  std::optional<Effect> effect;
  in.word("effect", effect, effect_named);
  task.effect = effect.value_or(Effect::none);
  if (in.failure()) return *in.failure();
  return task;
}

Result<Event> decode_new(json::Node node, std::string_view text, Time now) {
  if (!node.is_object()) return error(Code::invalid, "an event must be a JSON object");
  Event event;
  Fields in(node, "");
  in.only(kEventFields);
  for (std::string_view given : {"seq", "id", "received"}) {
    if (node[given].exists()) in.fail(given, "is given by the host; leave it out");
  }
  read_event(in, event);
  std::optional<Time> time;
  in.time("time", time);
  event.time = time.value_or(now);
  if (const json::Node facet = node["task"]; facet.exists() && !facet.is_null()) {
    if (!facet.is_object()) return wrong("task", "must be an object");
    Fields task(facet, "task.");
    task.only(kTaskFields);
    if (facet["effect"].exists()) task.fail("effect", "is said by the host; leave it out");
    read_task(task, event.task.emplace());
    if (task.failure()) return *task.failure();
  }
  if (in.failure()) return *in.failure();
  if (node["data"].exists()) event.data = one_line(json::raw_member(text, "data"));
  return event;
}

Result<Event> decode(json::Node node, std::string_view text) {
  if (!node.is_object()) return error(Code::invalid, "an event must be a JSON object");
  Event event;
  Fields in(node, "");
  read_event(in, event);
  if (const json::Node seq = node["seq"]; seq.exists()) {
    event.seq = static_cast<std::uint64_t>(seq.integer().value_or(0));
  }
  event.id = Ulid::parse(node["id"].string_or("")).value_or(Ulid{});
  std::optional<Time> time, received;
  in.time("time", time);
  in.time("received", received);
  event.time = time.value_or(Time{});
  event.received = received.value_or(Time{});
  if (in.failure()) return *in.failure();
  if (const json::Node facet = node["task"]; facet.exists()) {
    auto task = decode_task(facet);
    if (!task) return std::move(task).error();
    event.task = std::move(*task);
  }
  if (!text.empty() && node["data"].exists()) event.data = json::raw_member(text, "data");
  return event;
}

}  // namespace bus::event
