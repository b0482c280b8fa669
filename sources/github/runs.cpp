// workflow_run, workflow_job.
#include <algorithm>
#include <initializer_list>
#include <limits>

#include "sources/github/describe.h"
#include "sources/github/words.h"

namespace bus::github {
namespace {

std::uint32_t attempt_of(const Payload& work) {
  const std::uint64_t attempt = work.number("run_attempt").value_or(1);
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(attempt, 1, std::numeric_limits<std::uint32_t>::max()));
}

// The first time that is known; 0 if none is.
std::int64_t first_of(std::initializer_list<std::int64_t> times) {
  for (const std::int64_t time : times) {
    if (time != 0) return time;
  }
  return 0;
}

}  // namespace

std::optional<Task> run_task(std::string_view repo, const Payload& run) {
  Task task;
  task.id = task_id(repo, "run", run.number("id"));
  if (task.id.empty()) return std::nullopt;
  task.kind = "run";
  task.name = run.text("name");
  task.scope = repo;
  task.ref = run.text("head_branch");
  task.sha = run.text("head_sha");
  task.change = change_of(run.first("pull_requests"));
  task.url = run.text("html_url");
  task.actor = run.object("actor").text("login");
  task.attempt = attempt_of(run);
  put(task, standing_of_run(run.text("status"), run.text("conclusion")));
  put_times(task, run.time_us("run_started_at"), run.time_us("updated_at"));
  return task;
}

std::optional<Task> job_task(std::string_view repo, const Payload& job) {
  Task task;
  task.id = task_id(repo, "job", job.number("id"));
  if (task.id.empty()) return std::nullopt;
  task.kind = "job";
  task.name = job.text("name");
  task.scope = repo;
  task.ref = job.text("head_branch");
  task.sha = job.text("head_sha");
  task.url = job.text("html_url");
  task.worker = job.text("runner_name");
  task.parent = task_id(repo, "run", job.number("run_id"));
  task.attempt = attempt_of(job);
  put(task, standing_of_run(job.text("status"), job.text("conclusion")));
  put_times(task, job.time_us("started_at"), job.time_us("completed_at"));
  return task;
}

void describe_workflow_run(const Delivery& delivery, Event& event) {
  const Payload run = delivery.root.object("workflow_run");
  event.task = run_task(delivery.repo, run);
  if (!event.task) return describe_other(delivery, event);
  event.subject = "run/" + std::to_string(run.number("id").value_or(0));
  event.time_us = first_of({run.time_us("updated_at"), run.time_us("created_at")});
  event.summary = task_summary(*event.task);
}

void describe_workflow_job(const Delivery& delivery, Event& event) {
  const Payload job = delivery.root.object("workflow_job");
  event.task = job_task(delivery.repo, job);
  if (!event.task) return describe_other(delivery, event);
  event.task->actor = delivery.sender;
  event.subject = "job/" + std::to_string(job.number("id").value_or(0));
  event.time_us =
      first_of({job.time_us("completed_at"), job.time_us("started_at"), job.time_us("created_at")});
  event.summary = task_summary(*event.task);
}

}  // namespace bus::github
