#include "core/rules/about_rules.h"

#include <optional>
#include <utility>

#include "core/base/time_text.h"
#include "core/event/json_form.h"
#include "core/predicate/explain.h"

namespace bus::rules {
namespace {

struct RuleState {
  std::string_view word;
  std::string why;
};

RuleState state_of(const RuleSet::Entry& entry) {
  if (!entry.known_good) return {"invalid", entry.wrong};
  if (!entry.rule.enabled) return {"disabled", {}};
  if (!entry.trouble.empty()) return {"failed", entry.trouble};
  if (entry.worker && !entry.worker->trouble().empty()) return {"waiting", entry.worker->trouble()};
  if (entry.worker && entry.worker->exhausted()) return {"done", "it has run as often as it may"};
  if (!entry.wrong.empty())
    return {"outdated", "its file cannot be used, the last good one stays: " + entry.wrong};
  return {"active", {}};
}

Result<std::optional<store::TaskRow>> last_run(std::string_view rule, const Surroundings& at) {
  store::TaskQuery query;
  query.kind = kRunKind;
  query.scope = rule;
  query.limit = 1;
  auto rows = at.store.tasks(query);
  if (!rows) return std::move(rows).error();
  if (rows->empty()) return std::optional<store::TaskRow>();
  return std::optional(std::move(rows->front()));
}

Status write_rule(json::Writer& out, const RuleSet::Entry& entry, const Surroundings& at, bool settings) {
  const auto last = last_run(entry.rule.name, at);
  if (!last) return last.error();
  const RuleState state = state_of(entry);
  out.begin_object().member("name", entry.rule.name).member("state", state.word);
  out.member_if("why", state.why).member("enabled", entry.rule.enabled);
  out.member("file", entry.rule.place.file).member("on", entry.rule.on);
  if (entry.worker) entry.worker->write_counts(out);
  if (*last) out.key("last").raw((*last)->json);
  if (settings) out.key("settings").raw(to_json(entry.rule));
  out.end_object();
  return Ok{};
}

// An event for the predicates, with what it needs to live on.
struct Looked {
  event::Event event;
  std::string data;
};

Result<Looked> look(std::string_view text) {
  json::Document document;
  const auto root = document.parse(text);
  if (!root) return root.error();
  auto event = event::decode(*root, text);
  if (!event) return std::move(event).error();
  Looked looked{std::move(*event), {}};
  looked.data = looked.event.data;
  return looked;
}

std::string until_text(const store::RuleMatch& match) {
  return match.until ? " until " + format_time(*match.until) : std::string();
}

std::string reason_text(std::string_view why) {
  if (why == "debounce") return "it waited for quiet";
  if (why == "busy") return "the rule was busy";
  if (why == "rate") return "its rate was used up";
  if (why == "backoff") return "it waited to try again";
  return std::string(why);
}

struct Verdict {
  std::string word, text;
};

Verdict verdict_of(const store::RuleMatch& match) {
  const std::string run = "run " + std::to_string(match.run);
  const std::string why = match.why.empty() ? "" : ": " + reason_text(match.why) + until_text(match);
  if (match.decision == kDecidedRun)
    return {"fired", "it fired as " + run + (why.empty() ? "" : "; it had to wait" + why)};
  if (match.decision == kDecidedFolded) return {"folded", run + " stands for it" + why};
  if (match.decision == kDecidedDropped) return {"dropped", "it was dropped by policy" + why};
  if (match.decision == kDecidedOwn)
    return {"own_run", "it tells of the rule's own run; a rule never fires for those"};
  if (match.decision == kDecidedByHand) return {"by_hand", "it was triggered by hand as " + run};
  return {"too_deep", "runs led to it one by one, more than a rule follows: a loop was cut here"};
}

// For a match of which nothing is noted.
Verdict verdict_without_note(const RuleSet::Entry& entry, const Looked& looked,
                             const std::optional<store::RuleProgress>& progress) {
  const std::uint64_t seq = looked.event.seq;
  const auto effect = looked.event.task ? looked.event.task->effect : event::Effect::none;
  if (!entry.rule.all_reports && (effect == event::Effect::repeat || effect == event::Effect::stale))
    return {"told_nothing_new", "the report told nothing new of its task, and the rule has not all_reports"};
  if (!entry.rule.enabled) return {"disabled", "the rule is disabled"};
  if (!entry.worker) return {"not_running", "the rule does not run"};
  if (progress && seq <= progress->since) return {"before_the_rule", "the event is older than the rule"};
  if (entry.worker->exhausted()) return {"done", "the rule had run as often as it may"};
  if (seq > entry.worker->position())
    return {"not_yet", "the rule has not come to it yet: as many runs wait as may"};
  return {"not_then", "it matches now; when it came, the rule was disabled or said something else"};
}

// The run that stands for the match, as it is now.
void write_run(json::Writer& out, const RuleSet::Entry& entry, const Surroundings& at, RunId run,
               std::string& text) {
  store::TaskQuery query;
  query.id = task_id(entry.rule.name, run);
  query.limit = 1;
  const auto rows = at.store.tasks(query);
  if (!rows || rows->empty()) return;
  const event::Task& task = rows->front().task;
  out.key("run").raw(rows->front().json);
  text += task.result ? "; " + std::string(name(*task.result)) : "; it is " + std::string(name(task.state));
  if (!task.detail.empty()) text += " (" + task.detail + ")";
  if (!entry.worker) return;
  const Waiting waiting = entry.worker->waiting(run);
  if (waiting.why == Hold::none) return;
  out.member("waits_for", name(waiting.why));
  if (waiting.until) {
    const auto left = std::chrono::ceil<microseconds>(*waiting.until - at.clock.monotonic());
    const std::string until = format_time(at.clock.now() + left);
    out.member("waits_until", until);
    text += ", waits (" + std::string(name(waiting.why)) + ") until " + until;
  }
}

}  // namespace

Result<std::string> rule_json(const RuleSet::Entry& entry, const Surroundings& at, bool settings) {
  std::string text;
  json::Writer out(text);
  if (Status written = write_rule(out, entry, at, settings); !written) return std::move(written).error();
  return text;
}

Result<std::string> rules_json(const RuleSet& set, const Surroundings& at) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("rules").begin_array();
  for (const auto& [name, entry] : set.entries()) {
    if (Status written = write_rule(out, entry, at, false); !written) return std::move(written).error();
  }
  out.end_array().end_object();
  return text;
}

Result<std::string> explain_match(const RuleSet::Entry& entry, const Surroundings& at, std::uint64_t seq) {
  if (!entry.rule.predicate) return error(Code::config, "rule '" + entry.rule.name + "': " + entry.wrong);
  const auto record = at.store.find(seq);
  if (!record) return record.error();
  const auto looked = look((*record)->json.text);
  if (!looked) return looked.error();
  predicate::EventView view(looked->event, looked->data);
  const predicate::Explanation explanation = predicate::explain(*entry.rule.predicate, view);
  const auto noted =
      at.store.rule_book().rule_matches({.rule = entry.rule.name, .from = seq, .to = seq, .limit = 1});
  if (!noted) return noted.error();
  const auto progress = at.store.rule_book().rule_progress(entry.rule.name);
  if (!progress) return progress.error();
  std::string text;
  json::Writer out(text);
  out.begin_object().member("rule", entry.rule.name).member("seq", seq);
  Verdict verdict;
  if (!noted->empty()) {
    const store::RuleMatch& match = noted->front();
    verdict = verdict_of(match);
    out.member("at", format_time(match.at)).member_if("why", match.why);
    if (match.until) out.member("until", format_time(*match.until));
    if (match.run != 0) write_run(out, entry, at, match.run, verdict.text);
  } else if (explanation.match != predicate::Match::yes) {
    verdict = {explanation.match == predicate::Match::no ? "no_match" : "error", explanation.why};
  } else {
    verdict = verdict_without_note(entry, *looked, *progress);
  }
  out.member("verdict", verdict.word).member("text", verdict.text);
  out.key("explanation").raw(predicate::to_json(explanation)).end_object();
  return text;
}

Result<std::string> test_rule(const RuleSet::Entry& entry, const Shared& shared, std::string_view event) {
  if (!entry.rule.predicate) return error(Code::config, "rule '" + entry.rule.name + "': " + entry.wrong);
  const auto looked = look(event);
  if (!looked) return looked.error();
  predicate::EventView view(looked->event, looked->data);
  const predicate::Explanation explanation = predicate::explain(*entry.rule.predicate, view);
  const Command command = command_of(entry.rule, shared);
  std::string text;
  json::Writer out(text);
  out.begin_object().member("rule", entry.rule.name);
  out.member("matches", explanation.match == predicate::Match::yes);
  if (entry.rule.key_expression)
    out.key("key").raw(predicate::evaluate_json(*entry.rule.key_expression, view).value_or("null"));
  out.key("program").begin_object().key("argv").begin_array();
  for (const std::string& word : command.argv) out.string(word);
  out.end_array().member("cwd", command.cwd).key("env").begin_array();
  json::Document document;
  const auto root = document.parse(event);
  if (root) {
    for (const std::string& one : process::event_environment(command.env, event_scalars(*root)))
      out.string(one);
  }
  for (const auto& [variable, secret] : entry.rule.secret_env)
    out.string(std::string(variable).append("=(the secret '").append(secret).append("')"));
  out.end_array().member("stdin", kStdinWords[static_cast<std::size_t>(command.in)]).end_object();
  out.key("explanation").raw(predicate::to_json(explanation)).end_object();
  return text;
}

}  // namespace bus::rules
