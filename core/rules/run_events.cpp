#include "core/rules/run_events.h"

#include <charconv>
#include <utility>

#include "core/json/writer.h"

namespace bus::rules {
namespace {

constexpr std::string_view kPrefix = "rule:";
constexpr std::string_view kMiddle = "/run/";

store::NewEvent make(const RunFacts& facts, event::State state, Time now) {
  store::NewEvent out;
  event::Event& event = out.event;
  event.source = facts.session.empty() ? kRuleSource : kOnSource;
  event.type = facts.session.empty() ? kRuleRunType : kOnRunType;
  event.scope = facts.rule;
  event.subject = "run/" + std::to_string(facts.run);
  event.time = now;
  event.trace = facts.trace;
  event::Task& task = event.task.emplace();
  task.id = task_id(facts);
  task.kind = kRunKind;
  task.name = facts.rule;
  task.scope = facts.rule;
  task.parent = facts.parent;
  task.attempt = static_cast<std::uint32_t>(facts.attempt);
  task.state = state;
  // One transition is one event, however often it is told.
  event.key = task.id + "/" + std::to_string(facts.attempt) + "/" + std::string(name(state));
  return out;
}

void write_facts(json::Writer& out, const RunFacts& facts) {
  out.member(facts.session.empty() ? "rule" : "program", facts.rule);
  out.member("run", facts.run).member("trigger", facts.trigger);
  out.member("events", facts.events).member("depth", facts.depth).member_if("cursor", facts.cursor);
  if (facts.by_hand) out.member("by_hand", true);
}

std::string data_of(const RunFacts& facts) {
  std::string data;
  json::Writer out(data);
  out.begin_object();
  write_facts(out, facts);
  out.end_object();
  return data;
}

// "rule triage", "bus on -- triage"
std::string who(const RunFacts& facts) {
  return (facts.session.empty() ? "rule " : "bus on -- ") + facts.rule;
}

std::string attempt_text(const RunFacts& facts) {
  return facts.attempt > 1 ? ", attempt " + std::to_string(facts.attempt) : std::string();
}

}  // namespace

std::string task_id(std::string_view rule, RunId run) {
  std::string id(kPrefix);
  id.append(rule).append(kMiddle).append(std::to_string(run));
  return id;
}

std::string task_id(const RunFacts& facts) {
  if (facts.session.empty()) return task_id(facts.rule, facts.run);
  std::string id(kOnTask);
  id.append(facts.session).append(kMiddle).append(std::to_string(facts.run));
  return id;
}

std::optional<NamedRun> named_run(std::string_view task) {
  if (!task.starts_with(kPrefix)) return std::nullopt;
  task.remove_prefix(kPrefix.size());
  const auto middle = task.find(kMiddle);
  if (middle == std::string_view::npos) return std::nullopt;
  NamedRun named{.rule = task.substr(0, middle)};
  const std::string_view digits = task.substr(middle + kMiddle.size());
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), named.run);
  if (failure != std::errc() || end != digits.data() + digits.size() || named.run == 0) return std::nullopt;
  return named;
}

RunEnd not_started(const Error& why) {
  return {.result = event::Outcome::error,
          .detail = "not started",
          .note = "could not be started: " + why.message};
}

RunEnd end_of(const process::JobEnd& job) {
  RunEnd end{.started = job.started, .ended = job.ended, .note = job.log_trouble};
  if (!job.exit) {
    end.result = event::Outcome::error;
    end.detail = "lost";
    return end;
  }
  if (job.exit->signal != 0) {
    end.signal = process::signal_name(job.exit->signal);
  } else {
    end.exit = job.exit->code;
  }
  end.detail = job.exit->text();
  if (job.timed_out) {
    end.result = event::Outcome::timeout;
  } else if (job.stopped) {
    end.result = event::Outcome::cancellation;
  } else {
    end.result = job.exit->ok() ? event::Outcome::success : event::Outcome::failure;
  }
  return end;
}

store::NewEvent pending_event(const RunFacts& facts, Time now) {
  store::NewEvent out = make(facts, event::State::pending, now);
  out.event.summary = who(facts) + " is to run" + attempt_text(facts);
  out.event.data = data_of(facts);
  return out;
}

store::NewEvent running_event(const RunFacts& facts, Time now) {
  store::NewEvent out = make(facts, event::State::running, now);
  out.event.task->started = now;
  out.event.summary = who(facts) + " runs" + attempt_text(facts);
  out.event.data = data_of(facts);
  return out;
}

store::NewEvent finished_event(const RunFacts& facts, const RunEnd& end, Time now) {
  store::NewEvent out = make(facts, event::State::finished, now);
  event::Task& task = *out.event.task;
  task.result = end.result;
  task.detail = end.detail;
  task.exit = end.exit;
  task.signal = end.signal;
  task.started = end.started;
  task.ended = end.ended;
  out.event.summary = who(facts) + ": " + std::string(name(end.result)) +
                      (end.detail.empty() ? "" : " (" + end.detail + ")") + attempt_text(facts);
  json::Writer json(out.event.data);
  json.begin_object();
  write_facts(json, facts);
  json.member_if("note", end.note);
  if (end.gave_up) json.member("gave_up", true);
  json.end_object();
  return out;
}

}  // namespace bus::rules
