// bus demo: a real host, a really signed webhook over HTTP, a waiting process and a program that react to it.
#include "core/cli/demo.h"

#include <poll.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <future>
#include <optional>

#include "core/auth/secrets.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/cli/demo_stage.h"
#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr milliseconds kStep{10'000};  // for anything that has to happen
constexpr std::int64_t kRounds = 20;
constexpr std::int64_t kFirstRun = 9'876'543'210;
constexpr const char* kWaitedFor =
    "source == \"github\" && task.kind == \"run\" && task.state == \"finished\"";

constexpr Example kExamples[] = {
    {"bus demo", "Shows what bus does, in a folder of its own that is removed again."},
    {"bus demo --rounds 200 --json", "Only the figures, from 200 deliveries."}};
constexpr Option kOptions[] = {
    {.name = "rounds", .value = "N", .help = "How often to measure, 1 to 10000; 20 if left out."}};

struct Figures {
  std::vector<microseconds> waited, ran;
};

class Demo {
 public:
  Demo(Session& session, Stage& stage, const HostSide& side)
      : session_(session), stage_(stage), side_(side) {}

  Result<Figures> play(std::int64_t rounds) {
    if (Status done = open(); !done) return std::move(done).error();
    Figures figures;
    for (std::int64_t round = 0; round < rounds; ++round) {
      if (Status done = deliver_once(kFirstRun + round, figures); !done) return std::move(done).error();
    }
    if (Status shown = show(); !shown) return std::move(shown).error();
    return figures;
  }

 private:
  void say(std::string_view text) {
    if (!session_.json()) session_.out().line_now(text);
  }

  Status open() {
    if (Status done = set_secret(); !done) return done;
    if (Status done = start_host(); !done) return std::move(done).error().in("starting a host");
    auto on = stage_.start(
        {"on", kWaitedFor, "--loop", "--", "/bin/sh", "-c", "echo \"$BUS_TASK_ID $BUS_TASK_RESULT\""});
    if (!on) return std::move(on).error().in("starting `bus on`");
    on_ = *on;
    say("A program is set to run for each finished CI run:");
    say("    bus on '" + std::string(kWaitedFor) + "' --loop -- PROGRAM");
    return await_readers(1, "`bus on` listens");
  }

  Status set_secret() {
    std::array<char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      return error(Code::fault, "no random bytes to be had");
    }
    secret_ = Secret(hex({bytes.data(), bytes.size()}));
    if (Status made = make_private_folder(stage_.paths().secrets()); !made) return made;
    return auth::SecretStore(stage_.paths().secrets()).set("github", secret_);
  }

  Status start_host() {
    if (auto host = stage_.start({"serve", "--listen", "127.0.0.1:0"}); !host) return std::move(host).error();
    Status up = stage_.until("the host answers", kStep, [this] {
      auto connection = client::Connection::open(stage_.paths().socket());
      if (connection) host_.emplace(std::move(*connection));
      return connection.ok();
    });
    if (!up) return up;
    const auto status = host_->ask(client::Call("status"));
    if (!status) return status.error();
    port_ = static_cast<std::uint16_t>((*status)["http"]["port"].integer().value_or(0));
    bool github = false;
    for (const json::Node plugin : (*status)["plugins"].elements()) {
      github = github || plugin["name"].string_or("") == "github";
    }
    if (!github)
      return error(Code::fault, "the github source is not there", "bus is not installed completely");
    say("A host runs in " + stage_.paths().state + ", with HTTP on port " + std::to_string(port_) +
        " and a random secret for GitHub's signatures.");
    return Ok{};
  }

  Status await_readers(std::int64_t count, std::string_view what) {
    return stage_.until(what, kStep, [&] {
      const auto status = host_->ask(client::Call("status"));
      return status && (*status)["readers"].integer().value_or(0) >= count;
    });
  }

  // One delivery, seen by a `bus wait` of its own and by the program.
  Status deliver_once(std::int64_t run, Figures& figures) {
    const std::string expression =
        std::string(kWaitedFor) + " && task.id.endsWith(\"/" + std::to_string(run) + "\")";
    auto wait = stage_.start({"wait", expression, "--timeout", "30s"});
    if (!wait) return std::move(wait).error().in("starting `bus wait`");
    if (Status ready = await_readers(2, "`bus wait` listens"); !ready) return ready;
    const ProbeRequest request = github_delivery(side_, secret_, run);
    const Mono start = system_clock().monotonic();
    auto answer = std::async(std::launch::async, [&] { return probe_http(port_, request, kStep); });
    Status seen = watch(**wait, start, figures);
    const auto answered = answer.get();
    if (!answered) return Error(answered.error()).in("delivering the webhook");
    if (answered->status != 202) {
      return error(Code::fault,
                   "the webhook was answered " + std::to_string(answered->status) + ": " + answered->body);
    }
    if (!seen) return seen;
    const auto exit = process::system_spawner().reap((*wait)->child);
    if (!exit) return exit.error();
    if (!*exit || !(*exit)->ok())
      return error(Code::fault, "`bus wait` ended with " + (*exit ? (*exit)->text() : "nothing"));
    stage_.end(*wait);
    return Ok{};
  }

  // Until the waiting process has ended and the program has written its line.
  Status watch(const Actor& wait, Mono start, Figures& figures) {
    bool waited = false, ran = false;
    while (!waited || !ran) {
      std::array<pollfd, 2> ready = {pollfd{waited ? -1 : wait.child.pidfd.get(), POLLIN, 0},
                                     pollfd{ran ? -1 : on_->out.get(), POLLIN, 0}};
      ::poll(ready.data(), ready.size(), 50);
      const Mono now = system_clock().monotonic();
      const auto took = std::chrono::duration_cast<microseconds>(now - start);
      if (!waited && ready[0].revents != 0) {
        waited = true;
        figures.waited.push_back(took);
      }
      if (!ran && ready[1].revents != 0) {
        std::array<char, 512> line{};
        if (::read(on_->out.get(), line.data(), line.size()) <= 0)
          return error(Code::fault, "`bus on` has ended");
        ran = true;
        figures.ran.push_back(took);
      }
      if (stage_.interrupted()) return error(Code::stopping, "interrupted");
      if (now - start > kStep) {
        return error(Code::timeout, waited ? "the program did not run" : "`bus wait` did not return");
      }
    }
    return Ok{};
  }

  Status show() {
    if (session_.json()) return Ok{};
    say("Signed webhooks were posted to http://127.0.0.1:" + std::to_string(port_) +
        "/webhook and answered 202, stored. The last one:");
    client::Call events("events");
    events.params().member("where", "source == \"github\"").member("newest", true).member("limit", 1);
    const auto stored = host_->ask(std::move(events));
    if (!stored) return stored.error();
    say("    " + event_line((*stored)["events"].at(0)));
    client::Call tasks("tasks");
    tasks.params().member("kind", "run").member("limit", 1);
    const auto known = host_->ask(std::move(tasks));
    if (!known) return known.error();
    say("What is known of its task:");
    say("    " + task_line((*known)["tasks"].at(0)));
    const auto metrics = probe_http(port_, {.path = "/metrics"}, kStep);
    if (!metrics) return metrics.error();
    say("And some of /metrics:");
    for (const std::string_view line : split(metrics->body, '\n')) {
      for (const std::string_view wanted :
           {"bus_events_stored_total", "bus_deliveries_total", "bus_commit_seconds_count", "bus_head_seq"}) {
        if (line.starts_with(wanted)) say("    " + printable(line));
      }
    }
    return Ok{};
  }

  Session& session_;
  Stage& stage_;
  const HostSide& side_;
  Secret secret_;
  std::optional<client::Connection> host_;
  std::uint16_t port_ = 0;
  Actor* on_ = nullptr;
};

void report(Session& session, const Figures& figures) {
  if (session.json()) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("rounds", figures.waited.size());
    out.member("wait_us", median(figures.waited).count())
        .member("program_us", median(figures.ran).count())
        .end_object();
    return session.out().line(text);
  }
  Output& out = session.out();
  out.line("");
  out.line("Measured over " + std::to_string(figures.waited.size()) +
           " deliveries, the middle one (least to most):");
  out.line("    delivery begins -> `bus wait` has exited          " + figure(figures.waited));
  out.line("    delivery begins -> the program's first output     " + figure(figures.ran));
  out.line("");
  out.line("Everything of it is removed. Now yours:");
  out.line("    openssl rand -hex 32 | tee /dev/stderr | bus secret set github   # the same value at GitHub");
  out.line("    bus events watch                                                 # what happens");
  out.line("    bus on 'task.result == \"failure\"' --loop -- ./your-program       # react to it");
  out.line("    bus doctor                                                       # whether all is well");
}

Result<Figures> play(Session& session, std::int64_t rounds) {
  const auto side = host_side();
  if (!side) return side.error();
  auto stage = Stage::set();
  if (!stage) return std::move(stage).error();
  Demo demo(session, **stage, **side);
  return demo.play(rounds);  // the stage is cleared before anything is said of it
}

Result<int> run(Session& session) {
  const auto rounds = session.args().integer("rounds", 1, 10'000);
  if (!rounds) return rounds.error();
  const auto figures = play(session, rounds->value_or(kRounds));
  if (!figures && figures.error().code == Code::stopping) return kInterrupted;
  if (!figures) return Error(figures.error()).in("the demo failed");
  report(session, *figures);
  return kGood;
}

}  // namespace

extern const Verb kDemo;
const Verb kDemo = {
    .name = "demo",
    .summary = "show it all at work, in a folder of its own",
    .examples = kExamples,
    .options = kOptions,
    .notes =
        "Starts a real host on a free port, posts signed workflow_run webhooks to it, and measures how "
        "soon a `bus wait` has returned and a program of `bus on` runs. Nothing is left behind. With "
        "--json one object: rounds, wait_us, program_us (medians, microseconds).",
    .reaches_host = false,
    .run = run};

}  // namespace bus::cli
