// What a worker finds of the host before it.
#include <algorithm>
#include <utility>

#include "core/event/json_form.h"
#include "core/event/trace.h"
#include "core/rules/worker.h"

namespace bus::rules {
namespace {

constexpr std::size_t kPage = 200;
constexpr std::size_t kMostMatches = 100'000;

}  // namespace

Result<std::vector<store::TaskRow>> Worker::unfinished() const {
  std::vector<store::TaskRow> all;
  for (const std::string_view state : {"pending", "running", "blocked", "unknown"}) {
    store::TaskQuery query;
    query.kind = kRunKind;
    query.scope = rule_.name;
    query.state = state;
    query.limit = kPage;
    for (;;) {
      auto page = shared_.at.store.tasks(query);
      if (!page) return std::move(page).error();
      if (page->empty()) break;
      query.before = page->back().seq;
      for (store::TaskRow& row : *page) {
        const auto named = named_run(row.task.id);
        if (named && named->rule == rule_.name) all.push_back(std::move(row));
      }
    }
  }
  // Oldest first, as they were made.
  std::sort(all.begin(), all.end(), [](const store::TaskRow& a, const store::TaskRow& b) {
    return named_run(a.task.id)->run < named_run(b.task.id)->run;
  });
  return all;
}

// Runs of events that the saved place does not cover yet: their events were stored, and then the host died.
Result<std::uint64_t> Worker::note_runs_behind(std::uint64_t cursor) {
  std::uint64_t found = 0;
  store::TaskQuery query;
  query.kind = kRunKind;
  query.scope = rule_.name;
  query.limit = kPage;
  for (;;) {
    const auto page = shared_.at.store.tasks(query);
    if (!page) return page.error();
    for (const store::TaskRow& row : *page) {
      // A run's events come behind the one that it is for.
      if (row.seq <= cursor) return found;
      const auto named = named_run(row.task.id);
      if (!named || named->run <= cursor || named->run > shared_.at.hub.head()) continue;
      if (!decided_.insert(named->run).second) continue;
      note(named->run, kDecidedRun, named->run);
      ++found;
    }
    if (page->size() < kPage) return found;
    query.before = page->back().seq;
  }
}

Result<std::uint64_t> Worker::note_decided(std::uint64_t cursor) {
  const auto noted = shared_.at.store.rule_book().rule_matches(
      {.rule = rule_.name, .from = cursor + 1, .limit = kMostMatches});
  if (!noted) return noted.error();
  for (const store::RuleMatch& match : *noted) decided_.insert(match.seq);
  return note_runs_behind(cursor);
}

Status Worker::recover() {
  const auto rows = unfinished();
  if (!rows) return rows.error();
  for (const store::TaskRow& row : *rows) {
    const RunId id = named_run(row.task.id)->run;
    if (row.task.state == event::State::pending) {
      if (Status taken = take_up(row, id); !taken) return taken;
      continue;
    }
    RunFacts facts{.rule = rule_.name, .run = id, .attempt = row.task.attempt, .trigger = id};
    facts.parent = row.task.parent;
    RunEnd end{.result = event::Outcome::error, .detail = "lost", .started = row.task.started};
    end.note = "the host ended while it ran, and did not see its end";
    report(event::State::finished, facts, std::move(end));
    shared_.at.warn("rule " + rule_.name + ": run " + std::to_string(id) +
                    " was lost: the host ended while it ran");
  }
  return Ok{};
}

// A run that was to begin.
Status Worker::take_up(const store::TaskRow& row, RunId id) {
  const auto matches =
      shared_.at.store.rule_book().rule_matches({.rule = rule_.name, .run = id, .limit = kMostMatches});
  if (!matches) return matches.error();
  Run run;
  run.facts = {.rule = rule_.name, .run = id, .attempt = row.task.attempt, .trigger = id};
  run.facts.parent = row.task.parent;
  for (const store::RuleMatch& match : *matches) run.seqs.push_back(match.seq);
  if (run.seqs.empty()) {
    run.seqs = {id};
  }
  run.facts.trigger = run.seqs.back();
  run.facts.events = run.seqs.size();
  const auto record = shared_.at.store.find(run.facts.trigger);
  std::string key;
  if (record) {
    const auto root = document_.parse((*record)->json.text);
    const auto event = root ? event::decode(*root, {}) : Result<event::Event>(root.error());
    if (event) {
      key = key_of(*event, (*record)->data());
      run.facts.trace = event::new_traceparent(event->trace);
      run.facts.depth = depth_of(*event, (*record)->data()) + 1;
      shared_.lineage.note(run.facts.trace, run.facts.depth);
    }
    run.last = *record;
  } else if (record.error().code == Code::not_found) {
    report(event::State::finished, run.facts,
           RunEnd{.result = event::Outcome::error, .detail = "its event is gone"});
    return Ok{};
  } else {
    return record.error();
  }
  const auto attempt = run.facts.attempt;
  runs_[id] = std::move(run);
  scheduler_.restore(id, key, attempt, shared_.at.clock.monotonic());
  take_commands();
  return Ok{};
}

}  // namespace bus::rules
