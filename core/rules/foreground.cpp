#include "core/rules/foreground.h"

#include <charconv>
#include <utility>

#include "core/json/writer.h"

namespace bus::rules {
namespace {

constexpr std::size_t kPage = 200;
constexpr const char* kNobodyCameBack = "the host ended while it ran, and bus on did not come back";
constexpr const char* kWentAway = "bus on went away while it ran";

// Of a task that an earlier host has stored; what is told of it again goes by these.
RunFacts facts_of(const event::Task& task) {
  RunFacts facts{.rule = task.name, .attempt = task.attempt, .parent = task.parent};
  const std::string_view id = std::string_view(task.id).substr(kOnTask.size());
  facts.session = id.substr(0, id.find('/'));
  const std::string_view run = id.substr(id.rfind('/') + 1);
  std::from_chars(run.data(), run.data() + run.size(), facts.run);
  facts.trigger = facts.run;
  return facts;
}

}  // namespace

void Foreground::open() {
  for (const std::string_view state : {"pending", "running", "unknown"}) {
    if (Status found = inherit(state); !found) at_.warn("runs of `bus on`: " + found.error().message);
  }
  if (!orphans_.empty()) give_up_later(kHostGone);
}

Status Foreground::inherit(std::string_view state) {
  const Mono until = at_.clock.monotonic() + kHostGone;
  store::TaskQuery query;
  query.kind = kRunKind;
  query.state = state;
  query.limit = kPage;
  for (;;) {
    const auto page = at_.store.tasks(query);
    if (!page) return page.error();
    for (const store::TaskRow& row : *page) {
      if (row.task.id.starts_with(kOnTask))
        orphans_.emplace(row.task.id, Orphan{facts_of(row.task), until, kNobodyCameBack});
    }
    if (page->size() < kPage) return Ok{};
    query.before = page->back().seq;
  }
}

void Foreground::give_up_later(microseconds patience) {
  (void)runner_.arm(at_.clock.monotonic() + patience, microseconds(0), "foreground",
                    [this](loop::Runner::TimerId) { give_up(); });
}

void Foreground::give_up() {
  const Mono now = at_.clock.monotonic();
  std::erase_if(orphans_, [&](const auto& entry) {
    if (entry.second.until > now) return false;
    lose(entry.second);
    return true;
  });
}

void Foreground::report(Client client, ForegroundReport report, const Done& done) {
  const std::string task = task_id(report.facts);
  orphans_.erase(task);
  // Whoever told of it before may not be known to have gone yet.
  for (auto& [teller, told] : open_) {
    if (teller != client) told.erase(task);
  }
  Runs& runs = open_[client];
  const Time now = at_.clock.now();
  if (report.state == event::State::finished) {
    runs.erase(task);
    if (runs.empty()) open_.erase(client);
    return submit(finished_event(report.facts, report.end, now), task, done);
  }
  if (!runs.contains(task) && runs.size() >= kMostOpen)
    return done(error(Code::limit, "one bus on has at most " + std::to_string(kMostOpen) + " open runs"));
  lineage_.note(report.facts.trace, report.facts.depth);
  runs.insert_or_assign(task, report.facts);
  submit(report.state == event::State::pending ? pending_event(report.facts, now)
                                               : running_event(report.facts, now),
         task, done);
}

void Foreground::client_gone(Client client) {
  const auto runs = open_.extract(client);
  if (runs.empty()) return;
  const Mono until = at_.clock.monotonic() + kClientGone;
  for (auto& [task, facts] : runs.mapped())
    orphans_.insert_or_assign(task, Orphan{std::move(facts), until, kWentAway});
  give_up_later(kClientGone);
}

void Foreground::lose(const Orphan& orphan) {
  const RunEnd end{.result = event::Outcome::error, .detail = "lost", .note = orphan.why};
  store::NewEvent event = finished_event(orphan.facts, end, at_.clock.now());
  // Should its end be told after all, that is an event of its own.
  event.event.key += "/lost";
  submit(std::move(event), task_id(orphan.facts), [warn = at_.warn](const Result<std::string>& stored) {
    if (!stored) warn("a lost run of `bus on` could not be stored: " + stored.error().message);
  });
}

void Foreground::submit(store::NewEvent event, std::string task, const Done& done) {
  std::vector<store::NewEvent> events;
  events.push_back(std::move(event));
  at_.ingest.submit(std::move(events), ingest::Durability::commit, ingest::Hand::direct,
                    [task = std::move(task), done](const ingest::Answers& answers) {
                      if (!answers.front()) return done(answers.front().error());
                      std::string out;
                      json::Writer(out).begin_object().member("task", task).end_object();
                      done(std::move(out));
                    });
}

}  // namespace bus::rules
