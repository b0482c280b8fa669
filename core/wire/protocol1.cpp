#include "core/wire/protocol1.h"

#include <algorithm>
#include <charconv>

#include "core/json/writer.h"

namespace bus::wire::protocol1 {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

bool is_filter(std::string_view text) {
  if (text == "*") return true;
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || !is_name(text.substr(0, slash))) return false;
  const std::string_view repo = text.substr(slash + 1);
  return repo == "*" || is_name(repo);
}

bool absent(json::Node node) {
  return !node.exists() || node.is_null();
}

Reading refuse(std::string_view reason, std::string_view remediation) {
  Reading reading;
  reading.refusal = Refusal{std::string(reason), std::string(remediation)};
  return reading;
}

// The number behind the last "/run/" or "/job/" of a task's id.
std::optional<std::int64_t> number_in(std::string_view task_id, std::string_view part) {
  const auto at = task_id.rfind(part);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = task_id.substr(at + part.size());
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failure != std::errc() || end != digits.data() + digits.size() || number <= 0) return std::nullopt;
  return number;
}

std::string_view status_word(event::State state) {
  switch (state) {
    case event::State::pending:
      return "queued";
    case event::State::running:
      return "in_progress";
    case event::State::blocked:
      return "waiting";
    case event::State::unknown:
      return "unknown";
    case event::State::finished:
      return "completed";
  }
  return "";
}

std::string_view conclusion_word(const event::Task& task) {
  if (!task.result) return "";
  switch (*task.result) {
    case event::Outcome::success:
      return task.detail == "neutral" ? "neutral" : "success";
    case event::Outcome::skip:
      return "skipped";
    case event::Outcome::failure:
    case event::Outcome::error:
      return "failure";
    case event::Outcome::timeout:
      return "timed_out";
    case event::Outcome::cancellation:
      return "cancelled";
  }
  return "";
}

void text_or_null(json::Writer& out, std::string_view name, std::string_view text) {
  out.key(name);
  if (text.empty()) {
    out.null();
  } else {
    out.string(text);
  }
}

void number_or_null(json::Writer& out, std::string_view name, std::optional<std::int64_t> number) {
  out.key(name);
  if (number) {
    out.integer(*number);
  } else {
    out.null();
  }
}

// All 23 keys, always.
void write_fields(json::Writer& out, const event::Event& event) {
  const Place place = place_of(event);
  const event::Task none;
  const event::Task& task = event.task ? *event.task : none;
  const bool job = task.kind == "job";
  out.key("fields").begin_object().member("source", event.source).member("event_type", event.type);
  out.member("owner", place.owner).member("repo", place.repo);
  number_or_null(out, "run_id", number_in(job ? task.parent : task.id, "/run/"));
  text_or_null(out, "workflow_name", job ? "" : task.name);
  text_or_null(out, "head_branch", task.ref);
  text_or_null(out, "head_sha", task.sha);
  text_or_null(out, "status", event.task ? status_word(task.state) : "");
  text_or_null(out, "conclusion", conclusion_word(task));
  out.member("ingest_method", "bus");
  number_or_null(out, "job_id", job ? number_in(task.id, "/job/") : std::nullopt);
  text_or_null(out, "job_name", job ? task.name : "");
  number_or_null(out, "parent_run_id", job ? number_in(task.parent, "/run/") : std::nullopt);
  for (const char* name : {"alert_name", "alert_severity", "alert_fingerprint", "msg_to", "msg_from",
                           "msg_correlation_id", "msg_reply_to", "msg_thread", "msg_body"}) {
    out.key(name).null();
  }
  out.end_object();
}

}  // namespace

bool speaks(json::Node first) {
  return first.is_object() && !first["op"].exists();
}

Reading read_subscribe(json::Node body) {
  const json::Node proto = body["proto"];
  if (!absent(proto) && proto.integer() != 1)
    return refuse("version", "send proto 1, or an operation of protocol 2");
  const json::Node envelope = body["envelope"];
  if (!absent(envelope) && envelope.string() != "diffs")
    return refuse("bad_request", "envelope must be diffs");
  Reading reading;
  Subscribe& out = reading.subscribe.emplace();
  if (const json::Node filters = body["filters"]; !absent(filters)) {
    if (!filters.is_array() || filters.size() > kMaxFilters)
      return refuse("bad_request", "filters: a list of at most 64");
    for (const json::Node filter : filters.elements()) {
      if (!is_filter(filter.string_or("")))
        return refuse("bad_request", "a filter is *, owner/* or owner/repo");
      out.filters.emplace_back(*filter.string());
    }
  }
  if (out.filters.empty()) out.filters.emplace_back("*");
  if (const json::Node types = body["event_types"]; !absent(types)) {
    if (!types.is_array()) return refuse("bad_request", "event_types must be a list");
    for (const json::Node type : types.elements()) {
      if (const auto word = type.string()) out.event_types.emplace_back(*word);
    }
    if (out.event_types.empty()) return refuse("bad_request", "event_types names no type");
  }
  if (const json::Node since = body["since"]; !absent(since)) {
    out.since = Ulid::parse(since.string_or(""));
    if (!out.since) return refuse("bad_request", "since must be an event id of 26 characters");
  }
  return reading;
}

bool Subscribe::wants(const event::Event& event) const {
  if (!event_types.empty() &&
      std::find(event_types.begin(), event_types.end(), event.type) == event_types.end()) {
    return false;
  }
  const Place place = place_of(event);
  return std::any_of(filters.begin(), filters.end(), [&](std::string_view filter) {
    if (filter == "*") return true;
    const auto slash = filter.find('/');
    const std::string_view repo = filter.substr(slash + 1);
    return filter.substr(0, slash) == place.owner && (repo == "*" || repo == place.repo);
  });
}

Place place_of(const event::Event& event) {
  const std::string_view scope = event.scope;
  const auto slash = scope.find('/');
  if (slash != std::string_view::npos) return {scope.substr(0, slash), scope.substr(slash + 1)};
  return {"local", scope.empty() ? std::string_view(event.source) : scope};
}

std::string subscribe_ack(std::optional<Ulid> caught_up_at) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("proto", 1);
  text_or_null(writer, "caught_up_at", caught_up_at ? caught_up_at->text() : "");
  writer.member("heartbeat_sec", kHeartbeat.count()).member("max_frame_bytes", kMaxFrame);
  writer.member("kind", "subscribe_ack").end_object();
  return out;
}

std::string subscribe_rejected(const Refusal& refusal) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("reason", refusal.reason).member("remediation", refusal.remediation);
  writer.key("supported")
      .begin_array()
      .value(1)
      .end_array()
      .member("kind", "subscribe_rejected")
      .end_object();
  return out;
}

std::string event_frame(const event::Event& event) {
  const Place place = place_of(event);
  const std::string id = event.id.text();
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("event_id", id).member("event_type", event.type);
  writer.member("owner", place.owner)
      .member("repo", place.repo)
      .member("received_at", event.received.us * 1000);
  writer.member("delivery_id", event.key.empty() ? id : event.key).member("summary", event.summary);
  write_fields(writer, event);
  writer.member("kind", "event").end_object();
  if (out.size() <= kMaxFrame) return out;
  out.clear();
  json::Writer stub(out);
  stub.begin_object().member("event_id", id).member("reason", "payload exceeds MAX_FRAME_BYTES");
  stub.key("correlation_id")
      .null()
      .member("max_frame_bytes", kMaxFrame)
      .member("kind", "truncated")
      .end_object();
  return out;
}

std::string heartbeat(Time now, seconds uptime) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("ts", static_cast<double>(now.us) / 1e6).member("uptime_sec", uptime.count());
  writer.member("kind", "daemon_heartbeat").end_object();
  return out;
}

}  // namespace bus::wire::protocol1
