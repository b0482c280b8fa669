// check_run, check_suite, status.
#include "sources/github/describe.h"
#include "sources/github/words.h"

namespace bus::github {
namespace {

// GitHub does not count these; the host does.
constexpr std::uint32_t kUnnumbered = 0;

}  // namespace

std::optional<Task> check_task(std::string_view repo, const Payload& check) {
  Task task;
  task.id = task_id(repo, "check", check.number("id"));
  if (task.id.empty()) return std::nullopt;
  const Payload suite = check.object("check_suite");
  task.kind = "check";
  task.attempt = kUnnumbered;
  task.name = check.text("name");
  task.scope = repo;
  task.ref = suite.text("head_branch");
  task.sha = check.text("head_sha");
  task.change = change_of(check.first("pull_requests"));
  task.url = check.text("html_url");
  task.parent = task_id(repo, "suite", suite.number("id"));
  put(task, standing_of_run(check.text("status"), check.text("conclusion")));
  put_times(task, check.time_us("started_at"), check.time_us("completed_at"));
  return task;
}

std::optional<Task> suite_task(std::string_view repo, const Payload& suite) {
  Task task;
  task.id = task_id(repo, "suite", suite.number("id"));
  if (task.id.empty()) return std::nullopt;
  task.kind = "suite";
  task.attempt = kUnnumbered;
  task.name = suite.object("app").text("name");
  task.scope = repo;
  task.ref = suite.text("head_branch");
  task.sha = suite.text("head_sha");
  task.change = change_of(suite.first("pull_requests"));
  task.url = suite.text("url");
  put(task, standing_of_run(suite.text("status"), suite.text("conclusion")));
  put_times(task, suite.time_us("created_at"), suite.time_us("updated_at"));
  return task;
}

void describe_check_run(const Delivery& delivery, Event& event) {
  const Payload check = delivery.root.object("check_run");
  event.task = check_task(delivery.repo, check);
  if (!event.task) return describe_other(delivery, event);
  event.task->actor = delivery.sender;
  event.subject = "check/" + std::to_string(check.number("id").value_or(0));
  event.time_us = check.time_us("completed_at");
  if (event.time_us == 0) event.time_us = check.time_us("started_at");
  event.summary = task_summary(*event.task);
}

void describe_check_suite(const Delivery& delivery, Event& event) {
  const Payload suite = delivery.root.object("check_suite");
  event.task = suite_task(delivery.repo, suite);
  if (!event.task) return describe_other(delivery, event);
  event.task->actor = delivery.sender;
  event.subject = "suite/" + std::to_string(suite.number("id").value_or(0));
  event.time_us = suite.time_us("updated_at");
  event.summary = task_summary(*event.task);
}

// A commit status has no number of its own that outlives a change of state: commit and context are its
// identity.
void describe_status(const Delivery& delivery, Event& event) {
  const Payload& root = delivery.root;
  const std::string sha(root.text("sha")), context(root.text("context"));
  event.time_us = root.time_us("updated_at");
  Task task;
  task.id =
      sha.empty() || context.empty() ? std::string() : task_id(delivery.repo, "status", sha + "/" + context);
  if (task.id.empty()) return describe_other(delivery, event);
  task.kind = "check";
  task.attempt = kUnnumbered;
  task.name = context;
  task.scope = delivery.repo;
  task.sha = sha;
  if (root.length("branches") == 1) task.ref = root.first("branches").text("name");
  task.url = root.text("target_url");
  task.actor = delivery.sender;
  put(task, standing_of_commit(root.text("state")));
  put_times(task, 0, event.time_us);
  event.subject = clip("status/" + context);
  event.summary = task_summary(task);
  event.task = std::move(task);
}

}  // namespace bus::github
