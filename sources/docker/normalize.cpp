#include "sources/docker/normalize.h"

#include <algorithm>
#include <utility>

#include "sources/docker/text.h"
#include "sources/docker/words.h"

namespace bus::docker {
namespace {

constexpr std::size_t kMaxSaved = 60u << 10;
constexpr std::size_t kMaxDoubtful = 64;
constexpr std::size_t kMaxKeyPart = 256;

std::string key_part(std::string_view text) {
  return text.size() <= kMaxKeyPart && text.find('\0') == std::string_view::npos ? std::string(text)
                                                                                 : digest(text);
}

// Engines give nanoseconds; where one does not, the message's bytes tell two of a second apart.
std::string key_of(const Message& message, std::string_view json) {
  std::string key = key_part(message.type);
  key.append("/").append(key_part(message.action)).append("/").append(key_part(message.id));
  key.append("/").append(std::to_string(message.time_ns));
  if (message.time_ns % 1'000'000'000 == 0) key.append("/").append(digest(json));
  return key;
}

std::optional<int> exit_of(const Message& message) {
  std::string_view text = message.attribute("exitCode");
  if (text.empty()) text = message.attribute("containerExitCode");  // podman
  const std::int64_t code = number_or(text, INT64_MIN);
  if (code < INT32_MIN || code > INT32_MAX) return std::nullopt;
  return static_cast<int>(code);
}

Extra extra_of(const Message& message, Meaning meaning) {
  Extra extra;
  if (meaning == Meaning::died || message.action == "exec_die") extra.exit = exit_of(message);
  if (meaning == Meaning::asked) {
    const std::string_view name = signal_name(signal_number(message.attribute("signal")));
    extra.signal = name.empty() ? message.attribute("signal") : name;
  }
  if (meaning == Meaning::health) extra.health = message.rest;
  if (is_exec(message.action)) {
    extra.exec_id = message.attribute("execID");
    extra.command = message.rest;
  }
  return extra;
}

}  // namespace

bool Choice::has_type(std::string_view type) const {
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

bool Choice::has_labels(const std::vector<Attribute>& there) const {
  return std::all_of(labels.begin(), labels.end(), [&](std::string_view wanted) {
    const std::size_t equals = wanted.find('=');
    const std::string_view key = wanted.substr(0, equals);
    return std::any_of(there.begin(), there.end(), [&](const Attribute& label) {
      return label.first == key &&
             (equals == std::string_view::npos || label.second == wanted.substr(equals + 1));
    });
  });
}

bool Choice::excludes(std::string_view action) const {
  return std::any_of(excluded.begin(), excluded.end(), [&](std::string_view one) {
    return one.ends_with('*') ? action.starts_with(one.substr(0, one.size() - 1)) : action == one;
  });
}

Normalizer::Taken Normalizer::take(std::string_view json, std::int64_t now_us, std::vector<Event>& events) {
  const auto message = reader_.read(json);
  if (!message) return Taken::refused;
  progress_ns_ = std::max(progress_ns_, std::min(message->time_ns, now_us * 1000 + 999));
  look_for_failed_start(*message);
  if (!choice_.has_type(message->type)) return Taken::unwanted;
  Report report{message->time_ns / 1000, key_of(*message, json), json, !choice_.excludes(message->action)};
  const std::size_t before = events.size();
  if (message->type == "container" && is_container_id(message->id)) {
    take_container(*message, report, events);
  } else if (choice_.has_labels(message->attributes)) {
    push(other_event(*message), report, {}, events);
  }
  return events.size() > before ? Taken::told : Taken::unwanted;
}

void Normalizer::take_container(const Message& message, const Report& report, std::vector<Event>& events) {
  const Facts facts = facts_of(message);
  if (!choice_.has_labels(facts.labels)) return;
  const Meaning meaning = meaning_of(message.action);
  Container* known = containers_.find(facts.id);
  Extra extra = extra_of(message, meaning);
  Ending ending;
  if (meaning == Meaning::died) {
    ending = ending_of(
        {extra.exit, known != nullptr && known->out_of_memory, known != nullptr ? known->asked : 0});
    extra.signal = ending.signal;
  }
  if (known != nullptr) note(*known, message);
  Event event = container_event(facts, message.action, extra);
  switch (meaning) {
    case Meaning::created:
      containers_.put(facts.id, fresh(State::pending, facts));
      event.task = container_task(facts);
      event.task->detail = "created";
      return push(std::move(event), report, {}, events);
    case Meaning::started:
      return begin(facts, report, std::move(event), events);
    case Meaning::paused:
    case Meaning::resumed:
      event.task = container_task(facts);
      event.task->state = State::running;
      event.task->detail = meaning == Meaning::paused ? "paused" : "running";
      return push(std::move(event), report, {}, events);
    case Meaning::died:
      return end(facts, ending, extra.exit, report, std::move(event), events);
    case Meaning::destroyed:
      if (known == nullptr) return push(std::move(event), report, {}, events);
      ending = {Outcome::error, "lost", {}};
      if (known->state == State::pending && known->unobserved_us == 0) {
        ending = known->tried ? Ending{Outcome::error, "start failed", {}}
                              : Ending{Outcome::cancellation, "destroyed", {}};
      }
      return end(facts, ending, std::nullopt, report, std::move(event), events);
    case Meaning::health:
      return take_health(facts, message.rest, report, std::move(event), events);
    default:
      return push(std::move(event), report, {}, events);
  }
}

// What a message tells of a container beside the event that it is.
void Normalizer::note(Container& container, const Message& message) {
  switch (meaning_of(message.action)) {
    case Meaning::asked: {
      const int signal = signal_number(message.attribute("signal"));
      container.asked = signal == 0 ? kSomeSignal : signal;
      container.out_of_memory = false;
      break;
    }
    case Meaning::stopped:  // podman says so before the end; Docker behind it, when nothing is known any more
      if (container.asked <= 0) container.asked = 15;
      break;
    case Meaning::out_of_memory:
      container.out_of_memory = true;
      container.asked = 0;
      break;
    case Meaning::paused:
    case Meaning::resumed:
      if (message.time_ns / 1000 <= container.unobserved_us) break;  // old news, told again
      container.state = State::running;
      container.unobserved_us = 0;
      container.told_unknown = false;
      break;
    case Meaning::renamed:
      container.name = clip(message.name(), 256);
      break;
    default:
      break;
  }
}

// Docker has no message for a start that fails, but takes the container off its network again.
void Normalizer::look_for_failed_start(const Message& message) {
  if (message.type != "network" || message.action != "disconnect") return;
  const std::string_view id = message.attribute("container");
  Container* known = containers_.find(id);
  if (known == nullptr || known->state != State::pending) return;
  known->tried = true;
  if (doubtful_.size() < kMaxDoubtful && std::find(doubtful_.begin(), doubtful_.end(), id) == doubtful_.end())
    doubtful_.emplace_back(id);
}

void Normalizer::begin(const Facts& facts, const Report& report, Event event, std::vector<Event>& events) {
  const Container* known = containers_.find(facts.id);
  if (missed_end(known, report.time_us)) {
    lose(facts, report, events);
    known = nullptr;
  }
  Container running = fresh(State::running, facts);
  if (known != nullptr && known->state == State::running) running.health = known->health;
  if (known != nullptr && report.time_us <= known->unobserved_us) {  // old news, told again
    running.unobserved_us = known->unobserved_us;
    running.told_unknown = known->told_unknown;
  }
  containers_.put(facts.id, std::move(running));
  event.task = container_task(facts);
  event.task->state = State::running;
  event.task->detail = "running";
  event.task->started_us = report.time_us;
  push(std::move(event), report, {}, events);
}

void Normalizer::end(const Facts& facts, const Ending& ending, std::optional<int> exit, const Report& report,
                     Event event, std::vector<Event>& events) {
  event.task = container_task(facts);
  finish(*event.task, ending, exit, report.time_us);
  event.summary = sentence(facts.shown(), ending, exit);
  push(std::move(event), report, {}, events);
  end_health(facts, report, events);
  containers_.erase(facts.id);
}

// The run that was known has ended, and nobody can say how any more.
void Normalizer::lose(const Facts& facts, const Report& report, std::vector<Event>& events) {
  const Report before{report.time_us - 1, report.key, {}, true};
  Event event = container_event(facts, "lost", {});
  event.task = container_task(facts);
  const Ending lost{Outcome::error, "lost", {}};
  finish(*event.task, lost, std::nullopt, before.time_us);
  event.summary = sentence(facts.shown(), lost, std::nullopt);
  push(std::move(event), before, "/lost", events);
  end_health(facts, before, events);
  containers_.erase(facts.id);
}

// A container that does not run has no health.
void Normalizer::end_health(const Facts& facts, const Report& report, std::vector<Event>& events) {
  Container* known = containers_.find(facts.id);
  if (known == nullptr || known->health.empty()) return;
  known->health.clear();
  Extra extra;
  extra.health = "unknown";
  Event event = container_event(facts, "health_status", extra);
  event.summary = "container " + std::string(clip(facts.shown(), 96)) + ": nobody knows its health now";
  event.task = health_task(facts, extra.health, report.time_us);
  push(std::move(event), report, "/health", events);
}

void Normalizer::take_health(const Facts& facts, std::string_view word, const Report& report, Event event,
                             std::vector<Event>& events) {
  Container* known = containers_.find(facts.id);
  if (known != nullptr && known->health == word) return;  // podman repeats it after each check
  if (known != nullptr) known->health = clip(word, 64);
  event.task = health_task(facts, word, report.time_us);
  push(std::move(event), report, {}, events);
}

bool Normalizer::worth_asking(const Listed& listed) {
  const Container* known = containers_.find(listed.id);
  if (known == nullptr) return listed.open;
  return known->unobserved_us != 0 || !listed.open;
}

void Normalizer::note_progress(std::int64_t now_us) {
  if (progress_ns_ == 0) progress_ns_ = now_us * 1000;
}

std::vector<std::string> Normalizer::take_doubtful() {
  return std::exchange(doubtful_, {});
}

void Normalizer::push(Event event, const Report& report, std::string_view suffix,
                      std::vector<Event>& events) {
  if (!report.wanted && suffix.empty()) return;
  event.time_us = report.time_us;
  event.polled = report.key.empty();
  if (!report.key.empty()) event.key.append(report.key).append(suffix);
  if (suffix.empty()) event.raw = report.raw;
  events.push_back(std::move(event));
}

std::string Normalizer::save(std::int64_t now_us) const {
  return "1 " + std::to_string(progress_ns_) + " " + std::to_string(now_us) + "\n" +
         containers_.save(kMaxSaved);
}

void Normalizer::restore(std::string_view saved) {
  const std::size_t end = saved.find('\n');
  const std::string_view head = saved.substr(0, end);
  if (!head.starts_with("1 ") || end == std::string_view::npos) return;
  const std::size_t blank = head.find(' ', 2);
  if (blank == std::string_view::npos) return;
  progress_ns_ = std::max<std::int64_t>(0, number_or(head.substr(2, blank - 2), 0));
  const std::int64_t since_us = number_or(head.substr(blank + 1), 0);
  containers_.restore(saved.substr(end + 1), std::max<std::int64_t>(since_us, 1));
  doubtful_.clear();
}

}  // namespace bus::docker
