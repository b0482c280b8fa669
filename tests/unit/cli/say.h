// Arguments as a user would have typed them.
#pragma once

#include <string>
#include <vector>

#include "core/cli/parser.h"
#include "core/cli/verbs.h"

namespace bus::cli {

inline Result<Arguments> say(std::string_view verb, const std::vector<std::string>& words) {
  return parse(*find_verb(verb), words);
}

// What was typed is known to be good.
inline Arguments said(std::string_view verb, const std::vector<std::string>& words) {
  auto arguments = say(verb, words);
  return arguments ? *arguments : Arguments();
}

}  // namespace bus::cli
