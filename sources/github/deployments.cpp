// deployment_status, deployment_review, merge_group.
#include "sources/github/describe.h"
#include "sources/github/words.h"

namespace bus::github {
namespace {

// "#42" of ".../gh-readonly-queue/main/pr-42-<sha>"; empty if it is another ref.
std::string change_of_queue_ref(std::string_view ref) {
  const std::size_t at = ref.rfind("/pr-");
  if (ref.find("gh-readonly-queue/") == std::string_view::npos || at == std::string_view::npos) return {};
  const std::string_view rest = ref.substr(at + 4);
  const std::size_t digits = rest.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) return {};
  return "#" + std::string(rest.substr(0, digits));
}

Standing standing_of_group(std::string_view action, std::string_view reason) {
  if (action == "checks_requested") return {State::running, Outcome::none, action};
  if (action != "destroyed" || reason.empty()) return {State::unknown, Outcome::none, action};
  if (reason == "merged") return {State::finished, Outcome::success, reason};
  if (reason == "dequeued" || reason == "invalidated")
    return {State::finished, Outcome::cancellation, reason};
  return {State::finished, Outcome::error, reason};
}

}  // namespace

void describe_deployment_status(const Delivery& delivery, Event& event) {
  const Payload status = delivery.root.object("deployment_status");
  const Payload deployment = delivery.root.object("deployment");
  const auto number = deployment.number("id");
  const std::string_view state = status.text("state");
  event.time_us = status.time_us("updated_at");
  Task task;
  task.id = task_id(delivery.repo, "deployment", number);
  if (task.id.empty()) return describe_other(delivery, event);
  task.kind = "deployment";
  task.name = deployment.text("environment");
  task.scope = delivery.repo;
  task.ref = short_ref(deployment.text("ref"));
  task.sha = deployment.text("sha");
  task.url = status.text("log_url").empty() ? status.text("target_url") : status.text("log_url");
  task.actor = status.object("creator").text("login");
  task.parent = task_id(delivery.repo, "run", delivery.root.object("workflow_run").number("id"));
  put(task, standing_of_deployment(state));
  put_times(task, 0, event.time_us);
  event.subject = "deployment/" + std::to_string(*number);
  if (state == "inactive") {  // superseded by a later one: nothing that happened to this piece of work
    event.summary = "deployment to " + task.name + " is no longer active" + in(event.scope);
    return;
  }
  event.summary = "deployment to " + task_summary(task);
  event.task = std::move(task);
}

// A request for a review holds up its run. What a reviewer decided is no report on the run: its own follows.
void describe_deployment_review(const Delivery& delivery, Event& event) {
  const Payload run = delivery.root.object("workflow_run");
  const std::string_view environment = delivery.root.text("environment");
  event.time_us = delivery.root.time_us("since");
  auto task = run_task(delivery.repo, run);
  if (!task) return describe_other(delivery, event);
  event.subject = "run/" + std::to_string(run.number("id").value_or(0));
  event.summary = task->name + ": deployment to " + std::string(environment) + " " +
                  std::string(delivery.action) + in(event.scope) + by(delivery.sender);
  if (delivery.action != "requested") return;
  task->result = Outcome::none;
  task->ended_us = 0;
  put(*task, {State::blocked, Outcome::none, delivery.action});
  event.task = std::move(task);
}

void describe_merge_group(const Delivery& delivery, Event& event) {
  const Payload group = delivery.root.object("merge_group");
  const std::string_view sha = group.text("head_sha");
  Task task;
  task.id = task_id(delivery.repo, "merge_group", sha);
  if (task.id.empty()) return describe_other(delivery, event);
  task.kind = "merge";
  task.name = "merge queue";
  task.scope = delivery.repo;
  task.ref = short_ref(group.text("head_ref"));
  task.sha = sha;
  task.change = change_of_queue_ref(task.ref);
  task.actor = delivery.sender;
  put(task, standing_of_group(delivery.action, delivery.root.text("reason")));
  event.subject = clip("merge_group/" + std::string(sha));
  event.summary = "merge of " + (task.change.empty() ? task.ref : task.change) + " into " +
                  std::string(short_ref(group.text("base_ref"))) + " " + sentence(task) + in(event.scope);
  event.task = std::move(task);
}

}  // namespace bus::github
