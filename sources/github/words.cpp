#include "sources/github/words.h"

#include <span>

namespace bus::github {
namespace {

struct Row {
  std::string_view word;
  State state;
  Outcome result = Outcome::none;
};

constexpr Row kStatuses[] = {
    {"requested", State::pending}, {"queued", State::pending},      {"pending", State::pending},
    {"waiting", State::blocked},   {"in_progress", State::running},
};

constexpr Row kConclusions[] = {
    {"success", State::finished, Outcome::success},
    {"neutral", State::finished, Outcome::success},
    {"skipped", State::finished, Outcome::skip},
    {"failure", State::finished, Outcome::failure},
    {"cancelled", State::finished, Outcome::cancellation},
    {"timed_out", State::finished, Outcome::timeout},
    {"stale", State::finished, Outcome::timeout},
    {"startup_failure", State::finished, Outcome::error},
    {"action_required", State::blocked},
};

constexpr Row kCommitStates[] = {
    {"pending", State::pending},
    {"success", State::finished, Outcome::success},
    {"failure", State::finished, Outcome::failure},
    {"error", State::finished, Outcome::error},
};

constexpr Row kDeploymentStates[] = {
    {"queued", State::pending},
    {"pending", State::pending},
    {"waiting", State::blocked},
    {"in_progress", State::running},
    {"success", State::finished, Outcome::success},
    {"failure", State::finished, Outcome::failure},
    {"error", State::finished, Outcome::error},
};

Standing look_up(std::span<const Row> rows, std::string_view word, const Row& otherwise) {
  for (const Row& row : rows) {
    if (row.word == word) return {row.state, row.result, word};
  }
  return {otherwise.state, otherwise.result, word};
}

constexpr Row kUnknown = {"", State::unknown};

}  // namespace

Standing standing_of_run(std::string_view status, std::string_view conclusion) {
  if (!status.empty() && status != "completed") return look_up(kStatuses, status, kUnknown);
  if (conclusion.empty()) return {State::unknown, Outcome::none, status};
  return look_up(kConclusions, conclusion, {"", State::finished, Outcome::error});
}

Standing standing_of_commit(std::string_view state) {
  return look_up(kCommitStates, state, kUnknown);
}
Standing standing_of_deployment(std::string_view state) {
  return look_up(kDeploymentStates, state, kUnknown);
}

void put(Task& task, const Standing& standing) {
  task.state = standing.state;
  task.result = standing.result;
  task.detail = standing.detail;
  if (standing.state == State::blocked) task.blocked_on = "approval";
}

std::string sentence(const Task& task) {
  const std::string because = task.detail.empty() ? std::string() : " (" + task.detail + ")";
  switch (task.state) {
    case State::pending:
      return "is queued";
    case State::running:
      return "is running";
    case State::blocked:
      return "waits for approval";
    case State::unknown:
      return "is in an unknown state" + because;
    case State::finished:
      break;
  }
  switch (task.result) {
    case Outcome::success:
      return "passed";
    case Outcome::skip:
      return "was skipped";
    case Outcome::failure:
      return "failed";
    case Outcome::timeout:
      return "timed out";
    case Outcome::cancellation:
      return "was cancelled";
    case Outcome::error:
    case Outcome::none:
      break;
  }
  return "ended in error" + because;
}

}  // namespace bus::github
