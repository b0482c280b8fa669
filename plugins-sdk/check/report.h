// What is told about a plugin: for people, as JSON, as JUnit XML.
#pragma once

#include <string>
#include <vector>

#include "plugins-sdk/check/child.h"

namespace bus::check {

struct Line {
  std::string name;
  Outcome outcome;
};

struct Report {
  std::string path, plugin;  // its name; empty as long as the library could not be read
  std::vector<Line> lines;

  std::size_t count(Verdict verdict) const;
  bool good() const { return count(Verdict::failed) == 0; }
};

std::string as_text(const Report& report);
std::string as_json(const Report& report);   // one object on one line
std::string as_junit(const Report& report);  // one suite

}  // namespace bus::check
