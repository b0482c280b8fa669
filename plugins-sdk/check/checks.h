// The checks, each for a child of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plugins-sdk/check/subject.h"

namespace bus::check {

struct Check {
  std::string name;
  std::function<void(Subject&)> run;
};

// What every plugin is held to.
std::vector<Check> all_checks();
// One for each folder of the arguments' cases.
std::vector<Check> golden_checks(const Arguments& arguments);

// descriptor.cpp
void check_descriptor(Subject& subject);
void check_sample(Subject& subject);
// life.cpp
void check_create(Subject& subject);
void check_start(Subject& subject);
void check_stop(Subject& subject);
void check_destroy(Subject& subject);
void check_late(Subject& subject);
void check_leaks(Subject& subject);
// hosts.cpp
void check_bare_host(Subject& subject);
void check_missing(Subject& subject);
void check_refusals(Subject& subject);
void check_settings(Subject& subject);
void check_hostile(Subject& subject);
// senders.cpp
void check_senders(Subject& subject);
// sink_senders.cpp
void send_to_sink(Subject& subject);

}  // namespace bus::check
