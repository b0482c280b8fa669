// Reading JUnit XML, as pytest, surefire, gtest, jest and many others write it. Pure.
#pragma once

#include <string_view>

#include "sources/pytest/report.h"

namespace bus::pytest {

// Never fails: what cannot be read is told in `problem`, and the tests before that place are kept. A document
// type declaration is refused where it begins, so that no entity is ever expanded. Of the session only the
// start is filled in, where the file tells it. `utf8`: the text is UTF-8, whatever encoding it names.
FileReport read_junit(std::string_view xml, bool utf8 = false);

}  // namespace bus::pytest
