// An event until `bus wait` has exited, beside the same bytes through a bare relay until a program that reads
// them has exited.
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/process/program.h"
#include "core/process/supervise.h"
#include "tests/bench/bench.h"

namespace bus::bench {
namespace {

constexpr int kRounds = 200;
constexpr int kWarmUp = 20;

process::Child start(process::Program program) {
  program.out.kind = process::Output::Kind::null;
  auto child = process::system_spawner().start(program);
  if (!child) {
    std::fprintf(stderr, "cannot start %s: %s\n", program.path.c_str(), child.error().message.c_str());
    std::exit(1);
  }
  return std::move(*child);
}

// Until the program has ended and is reaped.
SteadyTime ended(process::Child& child) {
  (void)process::wait(process::system_spawner(), child);
  return SteadyClock::now();
}

// True while the process sleeps: what it had to do before we act is done.
bool sleeps(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_ends = text.rfind(") ");
  return name_ends != std::string::npos && text.compare(name_ends + 2, 1, "S") == 0;
}

Samples measure_wait(const HostProcess& host) {
  client::Connection emitter = host.connect();
  const auto readers = [&] {
    return (*emitter.ask(client::Call("status")))["readers"].integer().value_or(0);
  };
  const std::string event = sample_event(560);
  Samples samples;
  for (int i = 0; i < kRounds + kWarmUp; ++i) {
    process::Program wait;
    wait.path = host.program();
    wait.argv = {"bus", "wait", "source == 'bench'"};
    wait.env = host.environment();
    process::Child child = start(std::move(wait));
    while (readers() == 0) ::poll(nullptr, 0, 1);
    while (!sleeps(child.pid)) ::poll(nullptr, 0, 1);
    client::Call call("emit");
    call.params().key("event").raw(event);
    const SteadyTime begin = SteadyClock::now();
    (void)emitter.send(std::move(call));
    const auto took = ended(child) - begin;
    (void)emitter.next(std::nullopt);
    while (readers() != 0) ::poll(nullptr, 0, 1);
    if (i >= kWarmUp) samples.add(took);
  }
  return samples;
}

struct Pair {
  Pair() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) std::exit(1);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }
  UniqueFd near, far;
};

// A process that passes on what it reads.
pid_t start_relay(int from, int to) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t n = ::recv(from, bytes.data(), bytes.size(), 0);
    if (n <= 0 || ::send(to, bytes.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) ::_exit(0);
  }
}

Samples measure_relay(std::size_t size) {
  Pair in, out;
  const pid_t relay = start_relay(in.far.get(), out.near.get());
  const std::string bytes(size, 'r');
  Samples samples;
  for (int i = 0; i < kRounds + kWarmUp; ++i) {
    process::Program await;
    await.path = BUS_FLOOR_AWAIT;
    await.argv = {"await", std::to_string(size)};
    await.in = {process::Input::Kind::fd, {}, out.far.get()};
    process::Child child = start(std::move(await));
    while (!sleeps(child.pid)) ::poll(nullptr, 0, 1);
    const SteadyTime begin = SteadyClock::now();
    (void)::send(in.near.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const auto took = ended(child) - begin;
    if (i >= kWarmUp) samples.add(took);
  }
  ::kill(relay, SIGKILL);
  ::waitpid(relay, nullptr, 0);
  return samples;
}

}  // namespace

void bench_waits(const HostProcess& host) {
  Samples floor = measure_relay(sample_event(560).size() + 40);
  Samples bus = measure_wait(host);
  print(
      {"event -> bus wait has exited, p50", bus.at(0.5) / 1000, floor.at(0.5) / 1000, "ms", "<= 1 ms more"});
  print({"event -> bus wait has exited, p99", bus.at(0.99) / 1000, floor.at(0.99) / 1000, "ms", ""});
}

}  // namespace bus::bench
