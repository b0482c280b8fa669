#include "sources/github/observe.h"

#include <utility>

#include "bus/cpp/text.hpp"

namespace bus::github {
namespace {

using simdjson::dom::element;

std::string raw_text(element value) {
  return simdjson::minify(value);
}

// What GitHub's webhook of a run, job or check says of a status.
std::string_view action_of(std::string_view event_name, const Payload& object) {
  const std::string_view status = object.text("status");
  if (status == "completed") return "completed";
  if (event_name == "check_run") return "created";
  if (status == "in_progress" || status == "waiting")
    return event_name == "workflow_run" ? "in_progress" : status;
  return event_name == "workflow_run" ? "requested" : "queued";
}

std::string repository_of(std::string_view repo) {
  return JsonObject().text("full_name", repo).done();
}

// Visits the objects of the array `member`; false if there is none.
template <class Visit>
bool each(element root, std::string_view member, Visit visit) {
  simdjson::dom::array array;
  if (root.at_key(member).get_array().get(array) != simdjson::SUCCESS) return false;
  for (const element one : array) {
    simdjson::dom::object object;
    if (one.get_object().get(object) == simdjson::SUCCESS) visit(Payload(object), one);
  }
  return true;
}

}  // namespace

void Observer::add(std::string_view event_name, std::string_view action, std::string_view member, element raw,
                   std::string_view repo, Reading& out) {
  JsonObject payload;
  payload.text("action", action).json(member, raw_text(raw)).json("repository", repository_of(repo));
  if (auto event = normalizer_.observed(event_name, payload.done())) out.events.push_back(std::move(*event));
}

void Observer::read_run(const Payload& run, element raw, std::string_view repo, const Wanted& wanted,
                        Reading& out) {
  const auto id = run.number("id");
  if (!id) return;
  if (out.name.empty()) out.name = run.object("repository").text("full_name");
  const RunSeen seen{*id, run.text("status") == "completed", run.time_us("created_at"),
                     run.time_us("updated_at")};
  out.runs.push_back(seen);
  if (wanted && !wanted(seen)) return;
  add("workflow_run", action_of("workflow_run", run), "workflow_run", raw, out.name.empty() ? repo : out.name,
      out);
}

// A commit status has no object of its own in its webhook: its members are the payload's.
void Observer::read_statuses(const Payload& root, std::string_view repo, std::string_view sha, Reading& out) {
  if (out.name.empty()) out.name = root.object("repository").text("full_name");
  const std::string name = out.name.empty() ? std::string(repo) : out.name;
  const std::string commit = root.text("sha").empty() ? std::string(sha) : std::string(root.text("sha"));
  root.each("statuses", [&](const Payload& status) {
    JsonObject payload;
    payload.text("sha", commit).text("context", status.text("context")).text("state", status.text("state"));
    payload.text("description", status.text("description")).text("target_url", status.text("target_url"));
    payload.text("created_at", status.text("created_at")).text("updated_at", status.text("updated_at"));
    payload.json("branches", "[]").json("repository", repository_of(name));
    if (auto event = normalizer_.observed("status", payload.done())) out.events.push_back(std::move(*event));
  });
}

// No task: what tells one report from another is the commit that it is about.
void Observer::read_pull(const Payload& root, element raw, std::string_view repo, Reading& out) {
  const auto number = root.number("number");
  out.head = root.object("head").text("sha");
  if (!number || out.head.empty()) return;
  const std::string name(root.object("base").object("repo").text("full_name"));
  if (!name.empty()) out.name = name;
  JsonObject payload;
  payload.text("action", "observed").number("number", static_cast<std::int64_t>(*number));
  payload.json("pull_request", raw_text(raw)).json("repository", repository_of(name.empty() ? repo : name));
  auto event = normalizer_.observed("pull_request", payload.done());
  if (!event) return;
  event->key = clip("pull/" + event->scope + "/" + std::to_string(*number) + "/" + out.head);
  out.events.push_back(std::move(*event));
}

std::optional<Reading> Observer::read(What what, std::string_view repo, std::string_view subject,
                                      std::string_view body, const Wanted& wanted) {
  element root;
  simdjson::dom::object object;
  if (parser_.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      root.get_object().get(object) != simdjson::SUCCESS)
    return std::nullopt;
  const Payload payload(object);
  Reading out;
  const auto all = [&](std::string_view member, std::string_view event_name, std::string_view as) {
    return each(root, member, [&](const Payload& one, element raw) {
      add(event_name, action_of(event_name, one), as, raw, repo, out);
    });
  };
  bool good = true;
  switch (what) {
    case What::repository:
      out.name = payload.text("full_name");
      good = !out.name.empty();
      break;
    case What::runs:
    case What::commit_runs:
      good = each(root, "workflow_runs",
                  [&](const Payload& run, element raw) { read_run(run, raw, repo, wanted, out); });
      break;
    case What::run:
      good = payload.number("id").has_value();
      read_run(payload, root, repo, wanted, out);
      break;
    case What::jobs:
      good = all("jobs", "workflow_job", "workflow_job");
      break;
    case What::checks:
      good = all("check_runs", "check_run", "check_run");
      break;
    case What::statuses:
      good = payload.has_array("statuses");
      read_statuses(payload, repo, subject, out);
      break;
    case What::pull:
      read_pull(payload, root, repo, out);
      good = !out.head.empty();
      break;
  }
  if (!good) return std::nullopt;
  return out;
}

}  // namespace bus::github
