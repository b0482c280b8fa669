// Reading what pytest-reportlog writes: JSON lines, one a report. Pure.
#pragma once

#include <string_view>

#include "sources/pytest/report.h"

namespace bus::pytest {

// Never fails: what cannot be read is told in `problem`, and what stood before it is kept. Kinds of lines and
// members that it does not know are passed over. Without the line of the session's end `finish` is empty. Of
// the session only pytest's version and the start are filled in.
FileReport read_reportlog(std::string_view lines);

}  // namespace bus::pytest
