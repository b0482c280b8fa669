// From what a delivery says to the fields of its event: one function for each event that GitHub sends and we
// know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"
#include "sources/github/payload.h"

namespace bus::github {

// What every delivery has, or may have.
struct Delivery {
  Payload root;
  std::string_view event;   // its name: "workflow_run"
  std::string_view action;  // "completed"; empty if it has none
  std::string_view repo;    // "octo/hello"; empty if it is not about one
  std::string_view sender;  // login of who caused it
};

// Fills subject, summary, time_us and task of an event as far as the delivery tells them.
using Describe = void (*)(const Delivery& delivery, Event& event);

// The function for an event's name; for a name that is not known the one that makes do with what all have in
// common.
Describe describe_for(std::string_view event_name);

void describe_workflow_run(const Delivery& delivery, Event& event);
void describe_workflow_job(const Delivery& delivery, Event& event);
void describe_check_run(const Delivery& delivery, Event& event);
void describe_check_suite(const Delivery& delivery, Event& event);
void describe_status(const Delivery& delivery, Event& event);
void describe_deployment_status(const Delivery& delivery, Event& event);
void describe_deployment_review(const Delivery& delivery, Event& event);
void describe_merge_group(const Delivery& delivery, Event& event);
void describe_pull(const Delivery& delivery, Event& event);
void describe_issue(const Delivery& delivery, Event& event);
void describe_push(const Delivery& delivery, Event& event);
void describe_ref(const Delivery& delivery, Event& event);
void describe_release(const Delivery& delivery, Event& event);
void describe_ping(const Delivery& delivery, Event& event);
void describe_other(const Delivery& delivery, Event& event);

// The tasks of GitHub's objects. They depend on the repository's name and the object alone, so that a
// delivery and an answer of the REST API give the same task. nullopt if the object does not say which one it
// is.
std::optional<Task> run_task(std::string_view repo, const Payload& run);
std::optional<Task> job_task(std::string_view repo, const Payload& job);
std::optional<Task> check_task(std::string_view repo, const Payload& check);
std::optional<Task> suite_task(std::string_view repo, const Payload& suite);

// Helpers of these functions.

// "github:octo/hello/run/42"; empty if a part is missing or the whole is too long to be an id.
std::string task_id(std::string_view repo, std::string_view kind, std::string_view what);
std::string task_id(std::string_view repo, std::string_view kind, std::optional<std::uint64_t> number);
// "main" for "refs/heads/main", "v1" for "refs/tags/v1".
std::string_view short_ref(std::string_view ref);
// "#42" of an object with `number`; empty without.
std::string change_of(const Payload& pull);
// Sets the times of a task that is under way or over; a beginning behind the end is left out.
void put_times(Task& task, std::int64_t started_us, std::int64_t ended_us);
// "CI failed on main (octo/hello #42)"
std::string task_summary(const Task& task);
// " by octocat", or nothing.
std::string by(std::string_view who);
// " in octo/hello", or nothing.
std::string in(std::string_view where);

}  // namespace bus::github
