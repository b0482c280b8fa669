// The part of Normalizer that reads what the engine answers when it is asked.
#include <utility>

#include "sources/docker/normalize.h"
#include "sources/docker/text.h"
#include "sources/docker/words.h"

namespace bus::docker {
namespace {

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

// What the table still knows of a container.
Facts facts_of(std::string_view id, const Container& container) {
  Facts facts;
  facts.id = id;
  facts.name = container.name;
  if (!container.project.empty()) facts.labels.emplace_back("com.docker.compose.project", container.project);
  return facts;
}

}  // namespace

void Normalizer::observe(const Observation& seen, std::int64_t subscribed_us, std::int64_t now_us,
                         std::vector<Event>& events) {
  const Facts& facts = seen.facts;
  if (!wants_containers() || !choice_.has_labels(facts.labels)) return containers_.erase(facts.id);
  switch (seen.phase) {
    case Observation::Phase::pending:
      return observe_pending(seen, now_us, events);
    case Observation::Phase::running:
      if (seen.started_us <= subscribed_us) observe_running(seen, now_us, events);
      return;
    case Observation::Phase::ended:
      if (seen.finished_us <= subscribed_us) observe_end(seen, now_us, events);
      return;
  }
}

void Normalizer::observe_pending(const Observation& seen, std::int64_t now_us, std::vector<Event>& events) {
  const Facts& facts = seen.facts;
  Container* known = containers_.find(facts.id);
  const Report found{now_us, {}, {}, true};
  Extra extra;
  extra.status = seen.status;
  extra.error = seen.error;
  const bool failed = seen.exit.value_or(0) != 0;
  if (failed && known == nullptr) return;  // an old failure
  if (failed) {
    extra.exit = seen.exit;
    const std::string_view why = seen.error.empty() ? "start failed" : first_line(seen.error);
    return end(facts, {Outcome::error, std::string(clip(why, 256)), {}}, seen.exit, found,
               container_event(facts, "observed", extra), events);
  }
  if (known != nullptr && known->unobserved_us == 0) {
    known->tried = false;
    return;
  }
  containers_.put(facts.id, fresh(State::pending, facts));
  Event event = container_event(facts, "observed", extra);
  event.task = container_task(facts);
  event.task->detail = clip(seen.status, 64);
  event.summary = "container " + std::string(clip(facts.shown(), 96)) + " is there, not started";
  push(std::move(event), found, {}, events);
}

void Normalizer::observe_running(const Observation& seen, std::int64_t now_us, std::vector<Event>& events) {
  const Facts& facts = seen.facts;
  const Container* known = containers_.find(facts.id);
  if (known != nullptr && known->state == State::running && known->unobserved_us == 0) return;
  const Report found{now_us, {}, {}, true};
  if (missed_end(known, seen.started_us)) lose(facts, {seen.started_us, {}, {}, true}, events);
  containers_.put(facts.id, fresh(State::running, facts));
  Extra extra;
  extra.status = seen.status;
  Event event = container_event(facts, "observed", extra);
  event.task = container_task(facts);
  event.task->state = State::running;
  event.task->detail = clip(seen.status, 64);
  event.task->started_us = seen.started_us;
  push(std::move(event), found, {}, events);
  if (seen.health.empty()) return;
  extra.health = seen.health;
  take_health(facts, seen.health, found, container_event(facts, "health_status", extra), events);
}

void Normalizer::observe_end(const Observation& seen, std::int64_t now_us, std::vector<Event>& events) {
  const Facts& facts = seen.facts;
  const Container* known = containers_.find(facts.id);
  if (known == nullptr) return;  // ended before it was known, or reported already
  const End how{seen.exit, seen.out_of_memory || known->out_of_memory, known->asked};
  if (missed_end(known, seen.started_us)) lose(facts, {seen.started_us, {}, {}, true}, events);
  const Ending ending = ending_of(how);
  Extra extra;
  extra.status = seen.status;
  extra.exit = seen.exit;
  extra.signal = ending.signal;
  extra.error = seen.error;
  const Report found{seen.finished_us != 0 ? seen.finished_us : now_us, {}, {}, true};
  end(facts, ending, seen.exit, found, container_event(facts, "observed", extra), events);
}

void Normalizer::gone(std::string_view id, std::int64_t now_us, std::vector<Event>& events) {
  const Container* known = containers_.find(id);
  if (known == nullptr || known->unobserved_us == 0) return;  // its message is on its way
  const Container copy = *known;
  lose(facts_of(id, copy), {now_us, {}, {}, true}, events);
}

void Normalizer::tell_unknown(std::int64_t now_us, std::vector<Event>& events) {
  const Report report{now_us, {}, {}, true};
  for (auto& [id, container] : containers_.all()) {
    if (container.unobserved_us == 0 || container.told_unknown) continue;
    container.told_unknown = true;
    const Facts facts = facts_of(id, container);
    Event event = container_event(facts, "unobserved", {});
    event.task = container_task(facts);
    event.task->state = State::unknown;
    event.task->detail = "unobserved";
    push(std::move(event), report, {}, events);
    end_health(facts, report, events);
  }
}

}  // namespace bus::docker
