// An event, or a refusal, as the text of an expected.json.
#pragma once

#include <string>
#include <string_view>

#include "sources/github/normalize.h"

namespace bus::github {

// Every field that is set, one a line. `data` and `raw` are told by what they are: "body" where they are its
// bytes.
std::string render(const Event& event, std::string_view body);
std::string render(const Refusal& refusal);

}  // namespace bus::github
