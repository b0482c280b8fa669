// The event that the tests of predicates look at: a failed CI run.
#pragma once

#include "core/event/event.h"

namespace bus::testing {

inline event::Event sample_event() {
  event::Event event;
  event.seq = 1042;
  event.id = *Ulid::parse("01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
  event.source = "github";
  event.type = "workflow_run";
  event.scope = "octo/hello";
  event.subject = "run/9876543210";
  event.time = {1'795'161'600'123'456};
  event.received = {1'795'161'601'004'211};
  event.key = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
  event.summary = "CI failed on main (octo/hello #42)";
  event::Task task;
  task.id = "github:octo/hello/run/9876543210";
  task.kind = "run";
  task.attempt = 2;
  task.name = "CI";
  task.sha = "5f3d0e6c";
  task.state = event::State::finished;
  task.result = event::Outcome::failure;
  task.exit = 3;
  task.started = {1'795'161'300'000'000};
  task.ended = {1'795'161'600'000'000};
  event.task = task;
  event.data =
      R"({"action": "completed", "number": 42, "ratio": 0.75, "big": 18446744073709551615, "nobody": null,
    "repository": {"full_name": "octo/hello", "private": false}, "labels": ["ci", "nightly"],
    "jobs": [{"name": "lint", "conclusion": "success"}, {"name": "test-unit", "conclusion": "failure"}],
    "from": "ada", "to": "bob"})";
  return event;
}

}  // namespace bus::testing
