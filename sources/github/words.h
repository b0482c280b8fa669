// GitHub's words for how work stands, and what they are for a task. README.md has the same as a table.
#pragma once

#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"

namespace bus::github {

struct Standing {
  State state = State::unknown;
  Outcome result = Outcome::none;  // set exactly when finished
  std::string_view detail;         // GitHub's own word; empty if it gave none
};

// `status` and `conclusion` of workflow runs, jobs, check runs and check suites. The conclusion counts once
// the status is "completed", or is missing. A word that is not known: as a status, unknown; as a conclusion,
// finished with error. Completed without a conclusion is unknown.
Standing standing_of_run(std::string_view status, std::string_view conclusion);

// `state` of a commit status, and of a deployment status. A word that is not known is unknown.
Standing standing_of_commit(std::string_view state);
Standing standing_of_deployment(std::string_view state);

// Moves `task` there; a blocked task waits for an approval.
void put(Task& task, const Standing& standing);

// How a task stands, as the end of a sentence that begins with its name: "failed", "is running".
std::string sentence(const Task& task);

}  // namespace bus::github
