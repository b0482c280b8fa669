// bus watch: tells of changes of files, or runs a program for them.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/following.h"
#include "core/cli/on_loop.h"
#include "core/cli/on_policy.h"
#include "core/cli/on_wish.h"
#include "core/cli/session.h"
#include "core/cli/watch_lease.h"
#include "core/client/follower.h"
#include "core/process/descendants.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus watch src", "Prints what changes below src: created, modified, deleted, renamed."},
    {"bus watch src tests --include '*.py' -- pytest -q", "Runs the tests after each burst of changes."},
    {"bus watch notes.md --times 1 && notify-send changed", "Waits for one change of one file."},
};
constexpr Positional kPositionals[] = {{.name = "PATH",
                                        .help = "A folder, with all below it, or a file.",
                                        .required = true,
                                        .repeatable = true}};
constexpr Option kOptions[] = {
    {.name = "include",
     .value = "PATTERN",
     .help = "Only files that match one of these, as in a .gitignore.",
     .many = Many::again},
    {.name = "exclude",
     .value = "PATTERN",
     .help = "Nothing that matches one of these.",
     .many = Many::again},
    {.name = "no-gitignore", .help = "Also what git ignores, and .git itself."},
    {.name = "debounce",
     .value = "D",
     .help = "A burst is over when nothing has changed for so long. 50ms if left out; 0s: no waiting."},
    {.name = "max-wait", .value = "D", .help = "It is told after so long in any case. 2s if left out."},
    {.name = "each", .help = "One event for each change, not one for a burst."},
    {.name = "while-open", .help = "Also writes to files that stay open, such as logs."},
    {.name = "times", .value = "N", .help = "End after N runs of the program, or N events."},
    {.name = "timeout", .value = "D", .help = "End with status 124 if nothing has changed for so long."},
    {.name = "when-busy",
     .value = "HOW",
     .help = "Changes while the program runs: latest (one more run, for the last of them) or queue (a run "
             "for each). latest if left out."},
    {.name = "stdin",
     .value = "WHAT",
     .help = "What the program reads: null (nothing) or event (its JSON). null if left out."},
};
constexpr ExitMeaning kExits[] = {
    {kGood, "--times was reached; the program's last run ended with 0"},
    {kNotFound, "no source of the host watches files"},
    {kTimedOut, "nothing changed within --timeout"},
    {kCannotExecute, "the program cannot be executed"},
    {kNoSuchCommand, "there is no such program"},
};

// The process at the other end; 0 if that is not known.
pid_t peer_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

// The lease and what it brings. A host that comes in place of another is asked for the same.
class Watching final : public OnFeed {
 public:
  Watching(Session& session, config::Paths paths, WatchWish wish)
      : session_(session), paths_(std::move(paths)), wish_(std::move(wish)) {}

  Status open() {
    auto host = session_.connect();
    if (!host) return std::move(host).error();
    const auto hello = host->ask(client::Call("hello"));
    if (!hello) return hello.error();
    const std::int64_t head = (*hello)["head"].integer().value_or(0);
    auto lease = take_watch_lease(*host, wish_);
    if (!lease) return std::move(lease).error();
    note(*lease);
    announce(*lease);
    host_ = peer_of(host->fd());
    client::Subscribe subscribe;
    subscribe.where = "source == \"fs\" && data.watch == \"" + lease->watch + "\"";
    subscribe.since = head == 0 ? "start" : std::to_string(head);
    auto follower = client::Follower::open(paths_, session_.connect_options(), std::move(subscribe));
    if (!follower) return std::move(follower).error();
    follower_.emplace(std::move(*follower));
    return Ok{};
  }

  Result<std::optional<client::Item>> next() override {
    if (Status kept = keep_lease(); !kept) return std::move(kept).error();
    auto item = follower_->next(system_clock().monotonic());
    if (!item || !*item || is_change(**item)) return item;
    return std::optional<client::Item>();
  }
  int fd() const override { return follower_->fd(); }
  bool has_item() const override { return follower_->has_item(); }
  std::optional<Mono> due() const override { return follower_->fd() < 0 ? std::nullopt : renew_; }
  Status done(std::uint64_t) override { return Ok{}; }

  // The next change; nullopt when it is `deadline`, or `signals` have something.
  Result<std::optional<client::Item>> await(const Signals& signals, std::optional<Mono> deadline) {
    for (;;) {
      if (Status kept = keep_lease(); !kept) return std::move(kept).error();
      const Mono now = system_clock().monotonic();
      std::optional<Mono> until = deadline;
      if (renew_ && (!until || *renew_ < *until)) until = renew_;
      const auto heard = wait(signals, now, until);
      if (!heard) return heard.error();
      const bool over = deadline && *deadline <= now;
      if (*heard == Heard::signal || (over && *heard == Heard::nothing)) return std::optional<client::Item>();
      auto item = follower_->next(system_clock().monotonic() + milliseconds(follower_->fd() < 0 ? 500 : 0));
      if (!item && item.error().code == Code::stopping) continue;
      if (!item) return std::move(item).error();
      if (*item && is_change(**item)) return item;
    }
  }

  const WatchWish& wish() const { return wish_; }

 private:
  enum class Heard : std::uint8_t { nothing, signal, host };

  Result<Heard> wait(const Signals& signals, Mono now, std::optional<Mono> until) {
    std::array<pollfd, 2> ready = {pollfd{signals.fd(), POLLIN, 0}, pollfd{follower_->fd(), POLLIN, 0}};
    int left = -1;
    if (until) {
      const auto span = std::chrono::ceil<milliseconds>(*until - now).count();
      left = static_cast<int>(std::clamp<std::int64_t>(span, 0, 3'600'000));
    }
    if (follower_->has_item() || follower_->fd() < 0) left = 0;
    if (::poll(ready.data(), ready.size(), left) < 0 && errno != EINTR) return system_error("poll", errno);
    if (ready[0].revents != 0) return Heard::signal;
    return ready[1].revents != 0 || follower_->has_item() ? Heard::host : Heard::nothing;
  }

  void note(const WatchLease& lease) {
    renew_.reset();
    if (lease.renew) renew_ = system_clock().monotonic() + *lease.renew;
  }

  // A watch that is not ready tells itself when it is.
  void announce(const WatchLease& lease) const {
    if (!lease.ready) return;
    for (const WatchWish::Root& root : wish_.roots) {
      const bool there = ::access(root.path.c_str(), F_OK) == 0;
      session_.remark("bus: " + std::string(there ? "watching " : "waiting for ") + printable(root.path));
    }
  }

  Status keep_lease() {
    if (follower_->fd() < 0) return Ok{};
    const pid_t host = peer_of(follower_->fd());
    const bool other = host != host_;
    if (!other && !(renew_ && *renew_ <= system_clock().monotonic())) return Ok{};
    const auto lease = take_watch_lease(follower_->connection(), wish_);
    if (!lease) {
      // It went away again; there will be another.
      return lease.error().retryable() ? Status(Ok{}) : Status(lease.error());
    }
    host_ = host;
    note(*lease);
    if (!other) return Ok{};
    session_.remark("bus: the host is another; what changed before it came was not seen");
    announce(*lease);
    return Ok{};
  }

  // Others are told of here.
  bool is_change(const client::Item& item) {
    if (item.kind != client::Item::Kind::event) {
      tell_of(session_, item);
      return false;
    }
    const std::string_view type = item.node["type"].string_or("");
    if (type == "fs_change") return true;
    if (session_.json() && session_.args().rest().empty()) session_.out().line_now(item.text);
    std::string text = "bus: " + printable(item.node["summary"].string_or(""));
    if (const auto files = item.node["data"]["files"].integer()) {
      text += " (files: " + std::to_string(*files) +
              ", folders: " + std::to_string(item.node["data"]["folders"].integer().value_or(0)) + ")";
    }
    session_.remark(text);
    return false;
  }

  Session& session_;
  const config::Paths paths_;
  const WatchWish wish_;
  std::optional<client::Follower> follower_;
  std::optional<Mono> renew_;
  pid_t host_ = 0;
};

void print_change(Session& session, const WatchWish& wish, const client::Item& item) {
  if (session.json()) return session.out().line_now(item.text);
  const json::Node data = item.node["data"];
  const std::string_view root = data["root"].string_or("");
  for (const json::Node change : data["changes"].elements()) {
    const std::string_view kind = change["kind"].string_or("");
    std::string line(kind);
    if (kind == "renamed") line += " " + shown_path(wish, root, change["from"].string_or("")) + " ->";
    line += " " + shown_path(wish, root, change["path"].string_or(""));
    session.out().line(printable(line));
  }
  if (const auto more = data["more"].integer()) session.remark("bus: and " + std::to_string(*more) + " more");
  session.out().flush();
}

Result<int> print_all(Session& session, Watching& watching, const Signals& signals, OnPolicy& policy) {
  while (policy.wants_more() && !session.out().failed()) {
    if (const int signal = signals.next(); signal != 0) {
      policy.interrupted(signal);
      break;
    }
    const auto item = watching.await(signals, policy.deadline());
    if (!item) return item.error();
    if (*item) {
      print_change(session, watching.wish(), **item);
      policy.ran(kGood, system_clock().monotonic());
    } else if (policy.deadline() && *policy.deadline() <= system_clock().monotonic()) {
      policy.timed_out();
    }
  }
  return policy.status();
}

Result<OnSettings> settings_of(const Session& session) {
  OnSettings settings;
  settings.loop = true;
  const auto times = session.args().integer("times", 1, INT64_MAX);
  if (!times) return times.error();
  settings.times = *times;
  const auto timeout = session.args().duration("timeout");
  if (!timeout) return timeout.error();
  settings.timeout = *timeout;
  return settings;
}

// What is run, and how; without a program only how it ends.
Result<OnPlan> plan_of(const Session& session) {
  OnPlan plan;
  auto ending = settings_of(session);
  if (!ending) return std::move(ending).error();
  plan.ending = *ending;
  plan.policy.times = plan.ending.times;
  const std::string busy = session.args().get_or("when-busy", "latest");
  if (busy != "latest" && busy != "queue")
    return session.usage("--when-busy: unknown word '" + busy + "'", "one of: latest, queue");
  plan.policy.when_busy = busy == "latest" ? rules::WhenBusy::latest : rules::WhenBusy::queue;
  plan.command.gathers = plan.policy.gathers();
  return plan;
}

Result<int> run(Session& session) {
  const auto paths = session.paths();
  if (!paths) return paths.error();
  auto plan = plan_of(session);
  if (!plan) return std::move(plan).error();
  auto wish = watch_wish(session);
  if (!wish) return std::move(wish).error();
  const bool runs = !session.args().rest().empty();
  if (runs) {
    auto program = event_command(session, *paths);
    if (!program) return told_as_status(program.error());
    program->gathers = plan->command.gathers;
    plan->command = std::move(*program);
    if (Status adopting = process::become_subreaper(); !adopting) return std::move(adopting).error();
  }
  const auto signals = Signals::take();
  if (!signals) return signals.error();
  Watching watching(session, *paths, std::move(*wish));
  if (Status opened = watching.open(); !opened) return std::move(opened).error();
  const std::string idle = "nothing changed within " + session.args().get_or("timeout", "");
  if (runs) return run_for_events(session, watching, *plan, *signals, idle);
  OnPolicy policy(plan->ending, system_clock().monotonic());
  auto status = print_all(session, watching, *signals, policy);
  if (status && policy.is_timed_out()) session.remark("bus: " + idle);
  return status;
}

}  // namespace

extern const Verb kWatch;
const Verb kWatch = {
    .name = "watch",
    .summary = "tell of changes of files, or run a program for them",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = kOptions,
    .rest = "PROGRAM [ARG]...",
    .notes =
        "The host watches for as long as this runs; nothing has to be configured. What git ignores is left "
        "out. "
        "Events of the type fs_change are stored, so that others can read them, too; they hold the list of "
        "paths: the program finds the event in BUS_EVENT_FILE.\n"
        "The program is run as `bus on` runs it, again and again until Ctrl-C. With --when-busy latest the "
        "file "
        "BUS_EVENTS_FILE has all the events that a run stands for, one a line.",
    .exits = kExits,
    .run = run,
};

}  // namespace bus::cli
