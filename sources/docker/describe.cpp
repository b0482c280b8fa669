#include "sources/docker/describe.h"

#include <algorithm>
#include <array>

namespace bus::docker {
namespace {

constexpr std::size_t kShortId = 12;

// What engines write among a container's labels.
constexpr std::array<std::string_view, 14> kEngines = {
    "comment", "containerExitCode", "execDuration", "execID",  "exitCode", "health_status", "image",
    "imageID", "imageRef",          "name",         "oldName", "podId",    "reclaimed",     "signal"};
// Of these, those that have a member of their own or say nothing.
constexpr std::array<std::string_view, 8> kTold = {
    "containerExitCode", "execID", "exitCode", "health_status", "image", "name", "podId", "signal"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

JsonObject object_of(const std::vector<Attribute>& attributes) {
  JsonObject out;
  for (const auto& [key, value] : attributes) out.text(key, value);
  return out;
}

// The engine's type as the word that an event's type must be: docker_container.
std::string event_type(std::string_view type) {
  std::string out = "docker_";
  for (const char c : type.substr(0, 56)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    out += plain ? c : upper ? static_cast<char>(c - 'A' + 'a') : '_';
  }
  return out;
}

std::string subject_of(std::string_view type, std::string_view id, std::string_view name) {
  std::string out(clip(type, 64));
  const std::string_view which = !id.empty() ? id : name;
  if (which.empty()) return out;
  out += '/';
  return out.append(is_container_id(which) ? which.substr(0, kShortId) : clip(which, 512));
}

// What goes with the action in a sentence: no action has two of these.
std::string_view rest_of(const Extra& extra) {
  for (const std::string_view text : {extra.health, extra.command, extra.signal}) {
    if (!text.empty()) return text;
  }
  return extra.status;
}

}  // namespace

std::string_view Facts::label(std::string_view wanted) const {
  for (const auto& [key, value] : labels) {
    if (key == wanted) return value;
  }
  return {};
}

std::string_view Facts::shown() const {
  return name.empty() ? id.substr(0, kShortId) : name;
}

std::string_view Facts::project() const {
  const std::string_view docker = label("com.docker.compose.project");
  return docker.empty() ? label("io.podman.compose.project") : docker;
}

std::string_view Facts::service() const {
  const std::string_view docker = label("com.docker.compose.service");
  return docker.empty() ? label("io.podman.compose.service") : docker;
}

Facts facts_of(const Message& message) {
  Facts facts;
  facts.id = message.id;
  facts.name = message.name();
  facts.image = message.attribute("image");
  for (const Attribute& attribute : message.attributes) {
    if (!among(kEngines, attribute.first)) {
      facts.labels.push_back(attribute);
    } else if (!among(kTold, attribute.first)) {
      facts.rest.push_back(attribute);
    }
  }
  return facts;
}

bool is_container_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Event container_event(const Facts& facts, std::string_view action, const Extra& extra) {
  JsonObject data, exec, compose;
  data.text("action", action).text("id", facts.id).text("name", facts.name).text("image", facts.image);
  data.text("status", extra.status);
  if (extra.exit) data.number("exit", *extra.exit);
  data.text("signal", extra.signal).text("health", extra.health);
  if (!extra.health.empty()) data.flag("ready", extra.health == "healthy");
  data.text("error", extra.error);
  data.object("exec", exec.text("id", extra.exec_id).text("command", extra.command));
  data.object("compose", compose.text("project", facts.project()).text("service", facts.service()));
  data.object("labels", object_of(facts.labels)).object("attributes", object_of(facts.rest));

  Event event;
  event.type = "docker_container";
  event.scope = clip(facts.project());
  event.subject = subject_of("container", facts.id, facts.name);
  event.summary = sentence("container", facts.shown(), action, rest_of(extra));
  event.data = data.done();
  return event;
}

Event other_event(const Message& message) {
  JsonObject data;
  data.text("action", message.action).text("detail", message.rest);
  data.text("id", message.id).text("name", message.name());
  data.object("attributes", object_of(message.attributes));

  Event event;
  event.type = event_type(message.type);
  event.subject = subject_of(message.type, message.id, message.name());
  event.summary = sentence(message.type, message.name().empty() ? message.id : message.name(), message.action,
                           message.rest);
  event.data = data.done();
  return event;
}

Task container_task(const Facts& facts) {
  Task task;
  task.id = "docker:" + std::string(facts.id.substr(0, 64));
  task.kind = "container";
  task.name = clip(facts.name);
  task.scope = clip(facts.project());
  task.attempt = 0;
  return task;
}

void finish(Task& task, const Ending& ending, std::optional<int> exit, std::int64_t ended_us) {
  task.state = State::finished;
  task.result = ending.result;
  task.detail = ending.detail;
  task.signal = ending.signal;
  task.exit = exit;
  task.ended_us = ended_us;
}

Task health_task(const Facts& facts, std::string_view word, std::int64_t time_us) {
  Task task = container_task(facts);
  task.parent = task.id;
  task.id += "/health";
  task.kind = "check";
  const Health health = health_of(word);
  task.state = health.state;
  task.result = health.result;
  task.detail = clip(word, 64);
  if (health.state == State::finished) task.ended_us = time_us;
  return task;
}

}  // namespace bus::docker
