// Putting one value into one setting. Inside core/config only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/catalog.h"
#include "core/config/settings.h"

namespace bus::config {

// Sets the field and remembers where it came from; a value that does not fit is a problem and changes
// nothing.
void assign(Settings& settings, const Setting& setting, const Value& value, Origin origin, const Place& place,
            std::vector<Problem>& problems);

// The same from text, as the environment and flags have it: lists are separated by ':'.
void assign_text(Settings& settings, const Setting& setting, std::string_view text, Origin origin,
                 const Place& place, std::vector<Problem>& problems);

}  // namespace bus::config
