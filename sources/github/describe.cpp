#include "sources/github/describe.h"

#include <utility>

#include "sources/github/words.h"

namespace bus::github {
namespace {

constexpr std::pair<std::string_view, Describe> kTable[] = {
    {"workflow_run", describe_workflow_run},
    {"workflow_job", describe_workflow_job},
    {"check_run", describe_check_run},
    {"check_suite", describe_check_suite},
    {"status", describe_status},
    {"deployment_status", describe_deployment_status},
    {"deployment_review", describe_deployment_review},
    {"merge_group", describe_merge_group},
    {"push", describe_push},
    {"pull_request", describe_pull},
    {"pull_request_review", describe_pull},
    {"pull_request_review_comment", describe_pull},
    {"pull_request_review_thread", describe_pull},
    {"issues", describe_issue},
    {"issue_comment", describe_issue},
    {"release", describe_release},
    {"create", describe_ref},
    {"delete", describe_ref},
    {"ping", describe_ping},
};

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

}  // namespace

Describe describe_for(std::string_view event_name) {
  for (const auto& [name, describe] : kTable) {
    if (name == event_name) return describe;
  }
  return describe_other;
}

void describe_ping(const Delivery& delivery, Event& event) {
  event.subject = "hook";
  event.summary = "GitHub's ping" + in(event.scope);
  if (const std::string_view zen = delivery.root.text("zen"); !zen.empty())
    event.summary += ": " + std::string(zen);
}

void describe_other(const Delivery& delivery, Event& event) {
  event.subject = delivery.event;
  event.summary = delivery.event;
  if (!delivery.action.empty()) event.summary += " " + std::string(delivery.action);
  event.summary += in(event.scope) + by(delivery.sender);
}

std::string task_id(std::string_view repo, std::string_view kind, std::string_view what) {
  if (repo.empty() || what.empty()) return {};
  std::string id = "github:";
  id.append(repo).append("/").append(kind).append("/").append(what);
  return id.size() <= kMaxText ? id : std::string();
}

std::string task_id(std::string_view repo, std::string_view kind, std::optional<std::uint64_t> number) {
  return number ? task_id(repo, kind, std::to_string(*number)) : std::string();
}

std::string_view short_ref(std::string_view ref) {
  for (const std::string_view front : {std::string_view("refs/heads/"), std::string_view("refs/tags/")}) {
    if (starts_with(ref, front)) return ref.substr(front.size());
  }
  return ref;
}

std::string change_of(const Payload& pull) {
  const auto number = pull.number("number");
  return number ? "#" + std::to_string(*number) : std::string();
}

void put_times(Task& task, std::int64_t started_us, std::int64_t ended_us) {
  const bool begun = task.state != State::pending;
  const bool over = task.state == State::finished;
  if (over) task.ended_us = ended_us;
  if (begun && (task.ended_us == 0 || started_us <= task.ended_us)) task.started_us = started_us;
}

std::string task_summary(const Task& task) {
  std::string out = (task.name.empty() ? task.kind : task.name) + " " + sentence(task);
  if (!task.ref.empty()) out += " on " + task.ref;
  out += " (" + task.scope;
  if (!task.change.empty()) out += " " + task.change;
  if (task.attempt > 1) out += ", attempt " + std::to_string(task.attempt);
  return out + ")";
}

std::string by(std::string_view who) {
  return who.empty() ? std::string() : " by " + std::string(who);
}
std::string in(std::string_view where) {
  return where.empty() ? std::string() : " in " + std::string(where);
}

}  // namespace bus::github
