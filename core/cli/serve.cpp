// bus serve: the host, in the foreground.
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "core/base/file.h"
#include "core/cli/config_sources.h"
#include "core/cli/exit_codes.h"
#include "core/cli/host_side.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus serve", "The host in the foreground, until SIGTERM or Ctrl-C."},
    {"bus serve --listen 127.0.0.1:0", "On a free port; `bus status` says which."},
    {"bus serve --set store.keep_age=30d --set log.level=debug",
     "With settings of this run (see: bus config show)."},
};
constexpr Option kOptions[] = {
    {.name = "listen",
     .value = "ADDR:PORT",
     .help = "Where HTTP listens; port 0 takes a free one, off means no HTTP."},
    kSetOption,
};
constexpr ExitMeaning kExits[] = {
    {kGood, "stopped in order"},
    {kTryAgain, "another host runs, or the port is taken"},
};

// The descriptor on which whoever started us waits (client/connect.h).
std::optional<int> take_ready_fd() {
  const char* text = std::getenv(client::kReadyVariable);
  if (text == nullptr) return std::nullopt;
  int fd = -1;
  const std::string_view digits(text);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
  ::unsetenv(client::kReadyVariable);  // not for the programs that we start
  if (failure != std::errc() || end != digits.data() + digits.size() || fd < 3) return std::nullopt;
  return fd;
}

// Whoever waits is told why there will be no host.
Error report(std::optional<int> ready, Error why) {
  if (ready) (void)write_all(*ready, why.message + "\n");
  return why;
}

Result<int> run(Session& session) {
  std::signal(SIGINT, SIG_DFL);  // the host has its own way to stop
  const std::optional<int> ready = take_ready_fd();
  const auto side = host_side();
  if (!side) return report(ready, side.error());
  const auto paths = session.paths();
  if (!paths) return report(ready, paths.error());
  auto sources = config_sources(*paths, session.args());
  if (!sources) return report(ready, sources.error());
  sources->rules_folder.clear();  // the rules read it themselves: a broken one stops nobody else
  if (const auto listen = session.args().get("listen")) sources->flags.emplace_back("http.listen", *listen);
  config::Loaded loaded = (*side)->load(*sources);
  if (!loaded.ok()) return report(ready, config::to_error(loaded.problems));

  host::HostOptions options;
  options.paths = *paths;
  options.settings = std::move(loaded.settings);
  options.reload = [load = (*side)->load, sources = *sources] { return load(sources); };
  options.ready_fd = ready;
  if (Status served = (*side)->run(options); !served) return std::move(served).error();
  return kGood;
}

}  // namespace

extern const Verb kServe;
const Verb kServe = {
    .name = "serve",
    .summary = "run the host in the foreground",
    .examples = kExamples,
    .options = kOptions,
    .notes =
        "Any other verb starts a host by itself where none runs. SIGTERM stops in order: entrances, "
        "sources, store, readers. SIGHUP reads the configuration again.",
    .exits = kExits,
    .reaches_host = false,
    .run = run};

}  // namespace bus::cli
