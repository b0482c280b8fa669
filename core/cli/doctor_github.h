// What `bus doctor` finds out at GitHub: token, clocks, webhooks of the watched repositories.
#pragma once

#include <functional>

#include "core/cli/doctor_checks.h"
#include "core/client/connection.h"

namespace bus::cli {

// Asks nobody unless a repository is watched or a token is set in the secret `github_token`. Bounded in time.
void check_at_github(client::Connection host, bool token_set,
                     const std::function<void(const Check&)>& report);

}  // namespace bus::cli
