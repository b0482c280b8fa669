// What a single value cannot show: checks over all settings. Inside core/config only.
#pragma once

#include <vector>

#include "core/config/settings.h"

namespace bus::config {

void check_settings(const Settings& settings, std::vector<Problem>& problems);

}  // namespace bus::config
