// Problems as lines, for matchers.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "core/config/table.h"

namespace bus::config {

inline std::vector<std::string> lines(const std::vector<Problem>& problems) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) out.push_back(problem.text());
  return out;
}

}  // namespace bus::config
