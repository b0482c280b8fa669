// Rules in the host: until a program runs, beside starting it by hand and beside adnanh/webhook; what a run
// costs; how soon a line of its output is seen.
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "core/base/file.h"
#include "core/json/writer.h"
#include "core/wire/frame.h"
#include "tests/bench/bench.h"
#include "tests/bench/ports.h"
#include "tests/bench/running.h"
#include "tests/bench/sender.h"

namespace bus::bench {
namespace {

constexpr int kRounds = 500;
constexpr int kWarmUp = 20;
constexpr int kCostRuns = 1000;
constexpr int kLines = 200;

// Where programs write the time at which they began.
class Stamps {
 public:
  explicit Stamps(const std::string& path) : path_(path) {
    if (::mkfifo(path.c_str(), 0600) != 0) std::exit(1);
    // For both: else it would be at its end whenever no program has it open.
    fd_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  }
  const std::string& path() const { return path_; }
  SteadyTime next() {
    std::int64_t ns = 0;
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 60'000) != 1 || ::read(fd_.get(), &ns, sizeof ns) != sizeof ns) {
      std::fprintf(stderr, "no program has begun\n");
      std::exit(1);
    }
    return SteadyTime(std::chrono::nanoseconds(ns));
  }

 private:
  std::string path_;
  UniqueFd fd_;
};

template <class Begin>
Samples measure(Stamps& stamps, Begin&& begin) {
  Samples samples;
  for (int i = 0; i < kRounds + kWarmUp; ++i) {
    ::poll(nullptr, 0, 2);  // everybody goes back to sleep
    const SteadyTime before = SteadyClock::now();
    begin(i);
    const SteadyTime begun = stamps.next();
    if (i >= kWarmUp) samples.add(begun - before);
  }
  return samples;
}

void spawn_and_wait(const std::string& fifo, Stamps* stamps, SteadyTime* begun) {
  std::string program = BUS_FLOOR_STAMP, argument = fifo;
  char* argv[] = {program.data(), argument.data(), nullptr};
  pid_t pid = 0;
  if (::posix_spawn(&pid, BUS_FLOOR_STAMP, nullptr, nullptr, argv, environ) != 0) std::exit(1);
  if (stamps != nullptr) *begun = stamps->next();
  ::waitpid(pid, nullptr, 0);
}

Samples measure_spawn(Stamps& stamps) {
  Samples samples;
  for (int i = 0; i < kRounds + kWarmUp; ++i) {
    ::poll(nullptr, 0, 2);
    const SteadyTime before = SteadyClock::now();
    SteadyTime begun;
    spawn_and_wait(stamps.path(), &stamps, &begun);
    if (i >= kWarmUp) samples.add(begun - before);
  }
  return samples;
}

void add_rule(const HostProcess& host, const std::string& name, const std::string& on,
              const std::vector<std::string>& run, const std::string& more = {}) {
  std::string toml = "on = ", words;
  json::append_string(toml, on);
  for (const std::string& word : run) {
    words += words.empty() ? "" : ", ";
    json::append_string(words, word);
  }
  toml += "\nrun = [" + words + "]\n" + more;
  client::Call call("rules");
  call.params().member("do", "add").member("name", name).member("toml", toml);
  auto connection = host.connect();
  if (const auto added = connection.ask(std::move(call)); !added) {
    std::fprintf(stderr, "%s\n", added.error().message.c_str());
    std::exit(1);
  }
}

void remove_rule(const HostProcess& host, const std::string& name) {
  client::Call call("rules");
  call.params().member("do", "remove").member("name", name);
  auto connection = host.connect();
  (void)connection.ask(std::move(call));
}

client::Call emit_call(const std::string& type) {
  client::Call call("emit");
  call.params().key("event").begin_object().member("source", "bench").member("type", type).end_object();
  return call;
}

void bench_start(const HostProcess& host) {
  const testing::TempFolder folder;
  Stamps stamps(folder / "fifo");
  Samples spawn = measure_spawn(stamps);
  Samples relay = measure_relay(1, 700, kRounds);
  add_rule(host, "stamp", "type == 'stamp'", {BUS_FLOOR_STAMP, stamps.path()});
  auto connection = host.connect();
  Samples rule = measure(stamps, [&](int) { (void)connection.send(emit_call("stamp")); });
  const auto floor = [&](double q) { return spawn.at(q) + relay.at(q); };
  print({"emit -> a rule's program runs, p50 (posix_spawn and a relay)", rule.at(0.5), floor(0.5), "us",
         "<= 1.5x"});
  print({"emit -> a rule's program runs, p99", rule.at(0.99), floor(0.99), "us", "-"});
  remove_rule(host, "stamp");
  Running on(host, host.program(),
             {"bus", "on", "--type", "stamp", "--loop", "--", BUS_FLOOR_STAMP, stamps.path()});
  ::poll(nullptr, 0, 500);
  Samples foreground = measure(stamps, [&](int) { (void)connection.send(emit_call("stamp")); });
  print({"emit -> the program of bus on runs, p50", foreground.at(0.5), floor(0.5), "us",
         "<= 1.5x and a wake-up"});
}

double own_seconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    seconds += static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  }
  return seconds;
}

void bench_cost(const HostProcess& host) {
  const testing::TempFolder folder;
  Stamps stamps(folder / "fifo");
  const double before_spawns = own_seconds();
  for (int i = 0; i < kCostRuns; ++i) {
    SteadyTime begun;
    spawn_and_wait(stamps.path(), &stamps, &begun);
  }
  const double floor = own_seconds() - before_spawns;
  add_rule(host, "cost", "type == 'cost'", {BUS_FLOOR_STAMP, stamps.path()});
  auto connection = host.connect();
  const double before = cpu_seconds(host.pid());
  for (int i = 0; i < kCostRuns; ++i) {
    (void)connection.ask(emit_call("cost"));
    (void)stamps.next();
  }
  ::poll(nullptr, 0, 200);
  const double spent = cpu_seconds(host.pid()) - before;
  remove_rule(host, "cost");
  print({"processor time of the host for a run of a rule (posix_spawn with its program)",
         spent / kCostRuns * 1e6, floor / kCostRuns * 1e6, "us", "-"});
  print({"1,000 runs in a minute, of one processor", spent / 60 * 100, 0, "%", "-"});
}

std::string hooks(const std::string& fifo) {
  return R"([{"id":"bench","execute-command":")" BUS_FLOOR_STAMP
         R"(","pass-arguments-to-command":[{"source":"string","name":")" +
         fifo +
         R"("}],"http-methods":["POST"],"success-http-response-code":202,"trigger-rule":{"match":{"type":"payload-hmac-sha256","secret":")" +
         HostProcess::kSecret + R"(","parameter":{"source":"header","name":"X-Hub-Signature-256"}}}}])";
}

void bench_webhook(const HostProcess& host) {
  const testing::TempFolder folder;
  Stamps stamps(folder / "fifo");
  std::string body =
      R"({"action":"completed","workflow_run":{"id":1,"name":"CI","run_attempt":1,"status":"completed","conclusion":"failure","head_branch":"main","head_sha":"0123456789abcdef0123456789abcdef01234567"},"repository":{"full_name":"octo/hello"},"pad":")";
  body += std::string(10'000, 'p') + "\"}";
  add_rule(host, "hook", "source == 'github'", {BUS_FLOOR_STAMP, stamps.path()}, "all_reports = true\n");
  Sender ours(host.port(), body);
  Samples rule = measure(stamps, [&](int i) {
    ours.send("rule-" + std::to_string(i));
    (void)ours.receive();
  });
  remove_rule(host, "hook");
  const std::string webhook = find_program("webhook");
  double floor_50 = 0, floor_99 = 0;
  if (!webhook.empty()) {
    (void)replace_file(folder / "hooks.json", hooks(stamps.path()));
    const int port = free_port();
    Running other(
        host, webhook,
        {"webhook", "-hooks", folder / "hooks.json", "-ip", "127.0.0.1", "-port", std::to_string(port)});
    await_port(port);
    Sender theirs(port, body, "/hooks/bench");
    Samples floor = measure(stamps, [&](int i) {
      theirs.send("theirs-" + std::to_string(i));
      (void)theirs.receive();
    });
    floor_50 = floor.at(0.5), floor_99 = floor.at(0.99);
  } else {
    std::printf("webhook is not installed: there is nothing to compare with\n");
  }
  print({"signed POST -> a rule's program runs, p50 (adnanh/webhook)", rule.at(0.5), floor_50, "us",
         "<= 0.8x"});
  print({"signed POST -> a rule's program runs, p99 (adnanh/webhook)", rule.at(0.99), floor_99, "us", "-"});
}

void bench_follow(const HostProcess& host) {
  add_rule(host, "talk", "type == 'talk'", {BUS_FLOOR_STAMP, "-", std::to_string(kLines)});
  auto connection = host.connect();
  (void)connection.ask(emit_call("talk"));
  ::poll(nullptr, 0, 100);
  Samples samples;
  Running follow(host, host.program(), {"bus", "rules", "logs", "talk", "-f"});
  for (int i = 0; i < kLines; ++i) {
    const auto line = follow.line();
    if (!line) break;
    const SteadyTime seen = SteadyClock::now();
    const SteadyTime written{std::chrono::nanoseconds(std::atoll(line->c_str()))};
    if (i > kLines / 2) samples.add(seen - written);  // those before were there already
  }
  remove_rule(host, "talk");
  print({"line written -> seen by bus rules logs -f, p50", samples.at(0.5), 0, "us", "<= 5 ms"});
  print({"line written -> seen by bus rules logs -f, p99", samples.at(0.99), 0, "us", "<= 5 ms"});
}

}  // namespace

void bench_actions(const HostProcess& host) {
  bench_start(host);
  bench_cost(host);
  bench_webhook(host);
  bench_follow(host);
}

}  // namespace bus::bench
