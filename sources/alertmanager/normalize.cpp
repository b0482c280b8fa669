#include "sources/alertmanager/normalize.h"

#include <algorithm>
#include <cstdio>
#include <new>
#include <optional>
#include <utility>

#include "bus/cpp/text.hpp"

namespace bus::alertmanager {
namespace {

using Object = std::optional<simdjson::dom::object>;

constexpr std::size_t kMaxAlerts = 10'000;
constexpr std::size_t kMaxFingerprint = 128;
constexpr std::size_t kKeptParser = 512u << 10;  // the parser of a larger body is given back at once

// Nothing is promised about the members: what is missing or odd reads as empty.
std::string_view raw_text(const Object& object, std::string_view key) {
  std::string_view value;
  return object && object->at_key(key).get_string().get(value) == simdjson::SUCCESS ? value
                                                                                    : std::string_view();
}
std::string_view text(const Object& object, std::string_view key) {
  return clip(raw_text(object, key));
}
Object member(const Object& object, std::string_view key) {
  simdjson::dom::object value;
  return object && object->at_key(key).get_object().get(value) == simdjson::SUCCESS ? Object(value)
                                                                                    : Object();
}
std::int64_t time_us(const Object& object, std::string_view key) {
  return parse_time_us(raw_text(object, key)).value_or(0);
}
std::string json(const Object& object, std::string_view key) {
  simdjson::dom::element value;
  return object->at_key(key).get(value) == simdjson::SUCCESS ? std::string(simdjson::minify(value))
                                                             : std::string();
}
std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

// 64 bits of FNV-1a as 16 hex digits.
std::string digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(hash));
  return hex;
}

// What all alerts of a notification share.
struct Group {
  std::string key;
  std::string context;  // members for the data of each alert, without braces
};

struct Alert {
  Object object, labels;
  std::string name, fingerprint;
  std::string_view status;
  bool firing = false, resolved = false;
};

// The alert's own identity. Old versions do not send it: then the labels are it.
std::string fingerprint_of(const Object& alert, const Object& labels) {
  const std::string_view given = clip(raw_text(alert, "fingerprint"), kMaxFingerprint);
  if (!given.empty()) return std::string(given);
  if (!labels) return "labels-" + digest({});
  std::vector<std::string> pairs;
  pairs.reserve(labels->size());
  for (const auto [key, value] : *labels) {
    std::string_view word;
    if (value.get_string().get(word) != simdjson::SUCCESS) continue;
    pairs.push_back(std::string(key) + '\xff' + std::string(word) + '\xff');
  }
  std::sort(pairs.begin(), pairs.end());
  std::string all;
  for (const std::string& pair : pairs) all += pair;
  return "labels-" + digest(all);
}

Alert read_alert(const Object& object) {
  Alert alert;
  alert.object = object;
  alert.labels = member(object, "labels");
  alert.name = text(alert.labels, "alertname");
  if (alert.name.empty()) alert.name = "alert";
  alert.fingerprint = fingerprint_of(object, alert.labels);
  alert.status = text(object, "status");
  alert.firing = alert.status == "firing";
  alert.resolved = alert.status == "resolved";
  return alert;
}

// cluster/namespace as far as they are there, else the job.
std::string scope_of(const Object& labels) {
  const std::string_view cluster = text(labels, "cluster"), space = text(labels, "namespace");
  std::string scope(cluster);
  if (!scope.empty() && !space.empty()) scope += '/';
  scope += space;
  return std::string(clip(scope.empty() ? text(labels, "job") : std::string_view(scope)));
}

std::string summary_of(const Alert& alert) {
  std::string out = alert.name + (alert.firing     ? " is firing"
                                  : alert.resolved ? " is resolved"
                                                   : " is in an unknown state");
  if (const std::string_view on = text(alert.labels, "instance"); !on.empty()) out.append(" on ").append(on);
  if (const std::string_view how = text(alert.labels, "severity"); !how.empty())
    out.append(" (").append(how).append(")");
  const Object annotations = member(alert.object, "annotations");
  std::string_view words = text(annotations, "summary");
  if (words.empty()) words = text(annotations, "description");
  if (words = first_line(words); !words.empty()) out.append(": ").append(words);
  return out;
}

// Where the alert stands; a status that is not known is no end.
Task task_of(const Alert& alert) {
  Task task;
  task.id =
      "alertmanager:" + alert.fingerprint + "/" + std::string(clip(raw_text(alert.object, "startsAt"), 64));
  task.kind = "alert";
  task.name = alert.name;
  task.scope = scope_of(alert.labels);
  task.url = text(alert.object, "generatorURL");
  task.detail = alert.status;
  task.state = alert.firing ? State::running : alert.resolved ? State::finished : State::unknown;
  if (alert.resolved) task.result = Outcome::success;
  task.started_us = time_us(alert.object, "startsAt");
  if (alert.resolved) task.ended_us = time_us(alert.object, "endsAt");
  if (task.ended_us != 0 && task.started_us > task.ended_us) task.started_us = 0;
  return task;
}

std::string data_of(const Alert& alert, const Group& group) {
  std::string data = simdjson::minify(*alert.object);
  if (group.context.empty() || data.size() < 2) return data;
  data.pop_back();
  if (data.size() > 1) data += ',';
  return data + group.context + "}";
}

Event event_of(const Alert& alert, const Group& group) {
  Event event;
  event.type = "prometheus_alert";
  event.subject = clip("alert/" + alert.name);
  event.scope = scope_of(alert.labels);
  event.summary = summary_of(alert);
  event.data = data_of(alert, group);
  event.task = task_of(alert);
  event.time_us = alert.resolved ? event.task->ended_us : event.task->started_us;
  event.key = alert.fingerprint + "/" + std::string(clip(raw_text(alert.object, "startsAt"), 64)) + "/" +
              std::string(clip(alert.status, 64));
  return event;
}

// An alert that always fires: what counts is that it is heard. That it ends says only that nobody can tell
// any more.
void make_watchdog(Event& event, const Matcher& matcher, bool firing) {
  Task& task = *event.task;
  task.id = watchdog_task_id(matcher);
  task.kind = "watchdog";
  task.state = firing ? State::running : State::unknown;
  task.result = Outcome::none;
  task.ended_us = 0;
  event.type = "prometheus_watchdog";
  event.subject = clip("watchdog/" + matcher.text());
  event.summary = "watchdog " + matcher.text() + (firing ? " is heard" : " does not fire any more");
  event.key.clear();
  event.time_us = 0;
}

Group read_group(const Object& root) {
  Group group;
  group.key = raw_text(root, "groupKey");
  std::string members = JsonObject()
                            .json("receiver", json(root, "receiver"))
                            .json("groupKey", json(root, "groupKey"))
                            .json("groupLabels", json(root, "groupLabels"))
                            .json("externalURL", json(root, "externalURL"))
                            .done();
  group.context = members.substr(1, members.size() - 2);
  return group;
}

// Says what max_alerts cut off; once for a group that is sent again unchanged.
Event left_out_event(const Group& group, std::uint64_t count, const std::vector<Event>& events) {
  Event event;
  event.type = "prometheus_truncated";
  event.subject = "group/" + digest(group.key);
  event.summary = std::to_string(count) + " alerts of a group were left out by Alertmanager (its max_alerts)";
  event.data = "{\"truncatedAlerts\":" + std::to_string(count) +
               (group.context.empty() ? "" : "," + group.context) + "}";
  std::string all = group.key + std::to_string(count);
  for (const Event& one : events) all += one.key;
  event.key = "truncated/" + digest(all);
  return event;
}

Refusal why_not_json(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return {"bad_json", "the body is empty"};
    case simdjson::UTF8_ERROR:
      return {"bad_json", "the body is not UTF-8"};
    case simdjson::DEPTH_ERROR:
      return {"bad_json", "the body is nested too deeply"};
    default:
      return {"bad_json", "the body is not JSON"};
  }
}

}  // namespace

std::string watchdog_task_id(const Matcher& matcher) {
  return "alertmanager:watchdog/" + matcher.text();
}

std::variant<Reading, Refusal> Normalizer::normalize(std::string_view body) {
  simdjson::dom::parser large;
  simdjson::dom::parser& parser = body.size() > kKeptParser ? large : parser_;
  simdjson::dom::element element;
  if (const auto error = parser.parse(body.data(), body.size()).get(element)) {
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    return why_not_json(error);
  }
  simdjson::dom::object object;
  if (element.get_object().get(object) != simdjson::SUCCESS)
    return Refusal{"bad_json", "the body is not a JSON object"};
  return read_notification(object);
}

std::variant<Reading, Refusal> Normalizer::read_notification(
    const simdjson::dom::object& notification) const {
  const Object root = notification;
  if (raw_text(root, "version") != "4")
    return Refusal{"bad_version",
                   "the body is not a notification of version 4; a payload of your own goes to the "
                   "source webhook"};
  simdjson::dom::array alerts;
  if (root->at_key("alerts").get_array().get(alerts) != simdjson::SUCCESS)
    return Refusal{"bad_alerts", "the body has no list of alerts"};
  if (alerts.size() > kMaxAlerts) return Refusal{"bad_alerts", "the body has more than 10000 alerts"};

  const Group group = read_group(root);
  Reading reading;
  reading.events.reserve(alerts.size() + 1);
  for (const auto one : alerts) {
    simdjson::dom::object object;
    if (one.get_object().get(object) != simdjson::SUCCESS)
      return Refusal{"bad_alerts", "an alert is not a JSON object"};
    const Alert alert = read_alert(object);
    Event& event = reading.events.emplace_back(event_of(alert, group));
    const auto label = [&alert](std::string_view name) { return raw_text(alert.labels, name); };
    const auto watchdog = std::find_if(watchdogs_.begin(), watchdogs_.end(),
                                       [&](const Matcher& matcher) { return matcher.matches(label); });
    if (watchdog == watchdogs_.end()) continue;
    make_watchdog(event, *watchdog, alert.firing);
    reading.heard.push_back(
        {static_cast<std::size_t>(watchdog - watchdogs_.begin()), reading.events.size() - 1, alert.firing});
  }
  std::uint64_t left_out = 0;
  if (root->at_key("truncatedAlerts").get_uint64().get(left_out) == simdjson::SUCCESS && left_out > 0) {
    reading.left_out = left_out;
    reading.events.push_back(left_out_event(group, left_out, reading.events));
  }
  return reading;
}

}  // namespace bus::alertmanager
