// Whole processes: `bus version` and `bus emit`, beside C programs that do nothing, or connect, write and
// read.
#include <signal.h>

#include <fstream>
#include <sstream>

#include "core/process/program.h"
#include "core/process/supervise.h"
#include "tests/bench/bench.h"

namespace bus::bench {
namespace {

SteadyClock::duration run(const std::string& path, std::vector<std::string> argv,
                          std::vector<std::string> env) {
  process::Program program;
  program.path = path;
  program.argv = std::move(argv);
  program.env = std::move(env);
  program.out.kind = process::Output::Kind::null;
  const auto start = SteadyClock::now();
  auto child = process::system_spawner().start(program);
  if (!child) return {};
  (void)process::wait(process::system_spawner(), *child);
  return SteadyClock::now() - start;
}

double p50_ms(const std::function<SteadyClock::duration()>& once) {
  Samples samples;
  for (int i = 0; i < 110; ++i) {
    const auto took = once();
    if (i >= 10) samples.add(took);
  }
  return samples.at(0.5) / 1000;
}

// A figure of /proc/<pid>/smaps_rollup in kB.
double memory_kb(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1));
  }
  return 0;
}

// Times that any thread of the process has gone to sleep or was taken off the processor.
std::int64_t switches(pid_t pid) {
  std::int64_t sum = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream file(task.path() / "status");
    for (std::string line; std::getline(file, line);) {
      const auto at = line.find("ctxt_switches:");
      if (at != std::string::npos) sum += std::stoll(line.substr(at + 14));
    }
  }
  return sum;
}

void pause(std::chrono::milliseconds time) {
  timespec left{time.count() / 1000, time.count() % 1000 * 1'000'000};
  while (::nanosleep(&left, &left) != 0) {
  }
}

// The process of the source that runs in one of its own.
pid_t isolated_pid(const HostProcess& host) {
  client::Connection connection = host.connect();
  const auto answer = connection.ask(client::Call("plugins"));
  if (!answer) return 0;
  for (const json::Node plugin : (*answer)["plugins"].elements()) {
    if (plugin["isolation"].string_or("") == "process")
      return static_cast<pid_t>(plugin["pid"].integer().value_or(0));
  }
  return 0;
}

// Beside a host that has nothing to do a plugin's process that has nothing to do.
void bench_idle_isolated(const std::string& program) {
  const HostProcess host(program, isolation_settings(), isolation_plugin());
  const pid_t child = isolated_pid(host);
  if (child <= 0) return;
  pause(std::chrono::seconds(12));
  const std::int64_t before = switches(host.pid()), child_before = switches(child);
  pause(std::chrono::seconds(10));
  print({"idle host with a plugin's process: wake-ups in 10 s",
         static_cast<double>(switches(host.pid()) - before), 0, "", "0"});
  print({"idle process of a plugin: wake-ups in 10 s", static_cast<double>(switches(child) - child_before), 0,
         "", "0"});
  print({"idle process of a plugin: PSS", memory_kb(child, "Pss") / 1024, 0, "MB", "<= 8 MB"});
  print({"idle process of a plugin: RSS", memory_kb(child, "Rss") / 1024, 0, "MB", ""});
}

}  // namespace

void bench_processes(const HostProcess& host) {
  const std::vector<std::string> env = host.environment();
  const double nothing = p50_ms([&] { return run(BUS_FLOOR_NOTHING, {"nothing"}, env); });
  const double talk = p50_ms([&] { return run(BUS_FLOOR_TALK, {"talk", host.socket_path()}, env); });
  print({"bus version, whole process, p50", p50_ms([&] {
           return run(host.program(), {"bus", "version"}, env);
         }),
         nothing, "ms", "<= 4 ms"});
  print({"bus emit, whole process, p50", p50_ms([&] {
           return run(host.program(), {"bus", "emit", "--type", "note", "--summary", "x"}, env);
         }),
         talk, "ms", "<= 6 ms"});
}

void bench_idle(const std::string& program) {
  bench_idle_isolated(program);
  HostProcess host(program);
  print({"host: start of the process to its first answer",
         std::chrono::duration<double, std::milli>(host.start_time()).count(), 0, "ms", "<= 30 ms"});
  pause(std::chrono::seconds(12));  // pools let their idle threads go after ten seconds
  const std::int64_t before = switches(host.pid());
  pause(std::chrono::seconds(10));
  print({"idle host: wake-ups in 10 s", static_cast<double>(switches(host.pid()) - before), 0, "", "0"});
  print({"idle host: PSS", memory_kb(host.pid(), "Pss") / 1024, 0, "MB", "<= 10 MB"});
  const double rss = memory_kb(host.pid(), "Rss");
  print({"idle host: RSS", rss / 1024, 0, "MB", "<= 16 MB"});
  {
    const double pss = memory_kb(host.pid(), "Pss");
    std::vector<client::Connection> clients;
    for (int i = 0; i < 1000; ++i) {
      clients.push_back(host.connect());
      client::Call call("subscribe");
      call.params().member("where", "source == 'nobody'");
      (void)clients.back().ask(std::move(call));
    }
    print({"1,000 idle subscribers, each", (memory_kb(host.pid(), "Pss") - pss) / 1000, 0, "KB", "<= 8 KB"});
  }
  print({"host: SIGTERM to exit", std::chrono::duration<double, std::milli>(host.stop()).count(), 0, "ms",
         "<= 100 ms"});
}

}  // namespace bus::bench
