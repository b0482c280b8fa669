// Runs every folder of testcases/: headers.txt ("Name: value" lines) and body.json (or body.txt, where it is
// not to be JSON) in, expected.json out.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "sources/github/normalize.h"
#include "sources/github/payload.h"
#include "sources/github/test/render.h"
#include "tests/support/golden_cases.h"

namespace bus::github {
namespace {

std::map<std::string, std::string> read_headers(const std::filesystem::path& path) {
  std::map<std::string, std::string> headers;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) headers[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return headers;
}

std::string outcome_of(const std::filesystem::path& folder) {
  auto headers = read_headers(folder / "headers.txt");
  const bool json = std::filesystem::exists(folder / "body.json");
  const std::string body = testing::read_file(folder / (json ? "body.json" : "body.txt"));
  Normalizer normalizer;
  const auto made = normalizer.normalize(
      {headers["X-GitHub-Event"], headers["X-GitHub-Delivery"], headers["Content-Type"], body});
  const auto* event = std::get_if<Event>(&made);
  return event != nullptr ? render(*event, body) : render(std::get<Refusal>(made));
}

BUS_GOLDEN_CASES(outcome_of, "expected.json");

// What GitHub documents of an event: its actions, and the words of its status or conclusion.
struct Documented {
  const char* event;
  std::vector<const char*> actions;
  const char* object;  // member with the words; null: the payload itself
  const char* word;
  std::vector<const char*> words;
};

const std::vector<const char*> kConclusions = {"success",         "failure",         "neutral",
                                               "cancelled",       "timed_out",       "skipped",
                                               "action_required", "startup_failure", "stale"};
const Documented kDocumented[] = {
    {"workflow_run", {"requested", "in_progress", "completed"}, "workflow_run", "conclusion", kConclusions},
    {"workflow_run",
     {},
     "workflow_run",
     "status",
     {"requested", "queued", "waiting", "pending", "in_progress", "completed"}},
    {"workflow_job",
     {"queued", "waiting", "in_progress", "completed"},
     "workflow_job",
     "conclusion",
     kConclusions},
    {"workflow_job",
     {},
     "workflow_job",
     "status",
     {"queued", "waiting", "pending", "in_progress", "completed"}},
    {"check_run",
     {"created", "completed", "rerequested", "requested_action"},
     "check_run",
     "conclusion",
     kConclusions},
    {"check_run", {}, "check_run", "status", {"queued", "in_progress", "waiting", "completed"}},
    {"check_suite", {"completed", "requested", "rerequested"}, "check_suite", "conclusion", kConclusions},
    {"check_suite", {}, "check_suite", "status", {"requested", "queued", "in_progress", "completed"}},
    {"status", {}, nullptr, "state", {"pending", "success", "failure", "error"}},
    {"deployment_status",
     {"created"},
     "deployment_status",
     "state",
     {"pending", "queued", "waiting", "in_progress", "success", "failure", "error", "inactive"}},
    {"deployment_review", {"requested", "approved", "rejected"}, nullptr, "", {}},
    {"deployment_protection_rule", {"requested"}, nullptr, "", {}},
    {"merge_group",
     {"checks_requested", "destroyed"},
     nullptr,
     "reason",
     {"merged", "dequeued", "invalidated"}},
    {"pull_request",
     {"assigned",
      "auto_merge_disabled",
      "auto_merge_enabled",
      "closed",
      "converted_to_draft",
      "demilestoned",
      "dequeued",
      "edited",
      "enqueued",
      "labeled",
      "locked",
      "milestoned",
      "opened",
      "ready_for_review",
      "reopened",
      "review_request_removed",
      "review_requested",
      "synchronize",
      "unassigned",
      "unlabeled",
      "unlocked"},
     nullptr,
     "",
     {}},
    {"pull_request_review",
     {"submitted", "edited", "dismissed"},
     "review",
     "state",
     {"approved", "changes_requested", "commented"}},
    {"pull_request_review_comment", {"created", "edited", "deleted"}, nullptr, "", {}},
    {"pull_request_review_thread", {"resolved", "unresolved"}, nullptr, "", {}},
    {"issues",
     {"assigned", "closed", "deleted", "demilestoned", "edited", "labeled", "locked", "milestoned", "opened",
      "pinned", "reopened", "transferred", "typed", "unassigned", "unlabeled", "unlocked", "unpinned",
      "untyped"},
     nullptr,
     "",
     {}},
    {"issue_comment", {"created", "edited", "deleted"}, nullptr, "", {}},
    {"release",
     {"created", "published", "released", "prereleased", "edited", "unpublished", "deleted"},
     nullptr,
     "",
     {}},
    {"create", {}, nullptr, "ref_type", {"branch", "tag"}},
    {"delete", {}, nullptr, "ref_type", {"branch", "tag"}},
    {"push", {}, nullptr, "", {}},
    {"ping", {}, nullptr, "", {}},
    {"repository_dispatch", {}, nullptr, "", {}},
    {"workflow_dispatch", {}, nullptr, "", {}},
    {"package", {"published"}, nullptr, "", {}},
    {"registry_package", {"published"}, nullptr, "", {}},
};

// "event", "event/action" and "event/object.word=value" of all folders.
std::set<std::string> covered() {
  std::set<std::string> found;
  simdjson::dom::parser parser;
  for (const std::string& name : testing::folder_names(BUS_TESTCASES)) {
    const std::filesystem::path folder = std::filesystem::path(BUS_TESTCASES) / name;
    const std::string event = read_headers(folder / "headers.txt")["X-GitHub-Event"];
    const std::string body = testing::read_file(folder / "body.json");
    simdjson::dom::object object;
    if (parser.parse(body).get_object().get(object) != simdjson::SUCCESS) continue;
    const Payload root(object);
    found.insert(event);
    found.insert(event + "/" + std::string(root.text("action")));
    for (const Documented& row : kDocumented) {
      const Payload part = row.object == nullptr ? root : root.object(row.object);
      if (event == row.event) found.insert(event + "." + row.word + "=" + std::string(part.text(row.word)));
    }
  }
  return found;
}

TEST(Testcases, EveryActionAndEveryWordHasOne) {
  const std::set<std::string> found = covered();
  for (const Documented& row : kDocumented) {
    const std::string event = row.event;
    EXPECT_TRUE(found.contains(event)) << event;
    for (const char* action : row.actions)
      EXPECT_TRUE(found.contains(event + "/" + action)) << event << " " << action;
    for (const char* word : row.words)
      EXPECT_TRUE(found.contains(event + "." + row.word + "=" + word))
          << event << " " << row.word << " " << word;
  }
}

}  // namespace
}  // namespace bus::github
