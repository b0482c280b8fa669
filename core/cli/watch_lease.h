// What `bus watch` asks of the source that watches files: sources/fs/README.md has the message.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/cli/session.h"
#include "core/client/connection.h"

namespace bus::cli {

struct WatchWish {
  struct Root {
    std::string given;  // the user's word
    std::string path;   // absolute
  };
  std::vector<Root> roots;
  std::vector<std::string> include, exclude;
  std::vector<std::string> skip;  // files that we write ourselves, absolute
  bool gitignore = true, each = false, while_open = false;
  microseconds debounce{50'000}, max_wait{2'000'000};
};

// From the options and PATHs of `bus watch`.
Result<WatchWish> watch_wish(const Session& session);

struct WatchLease {
  std::string watch;                  // data.watch of its events
  bool ready = false;                 // all has been looked through
  std::optional<milliseconds> renew;  // it has to be asked for again so often; else it ends with this process
};

// Asks for it, again to renew it. Code::not_found: no source of this host watches files.
Result<WatchLease> take_watch_lease(client::Connection& host, const WatchWish& wish);

// A name as the source writes it: a backslash doubled, a byte that is not of UTF-8 as \xHH.
std::string escaped_name(std::string_view name);

// A path of an event as the user would say it. `root` and `path` are data.root and data.path.
std::string shown_path(const WatchWish& wish, std::string_view root, std::string_view path);

}  // namespace bus::cli
