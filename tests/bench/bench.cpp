#include "tests/bench/bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/base/file.h"
#include "core/json/writer.h"
#include "core/process/program.h"
#include "core/process/supervise.h"
#include "core/wire/frame.h"

namespace bus::bench {

double Samples::at(double quantile) {
  if (us_.empty()) return 0;
  std::sort(us_.begin(), us_.end());
  return us_[std::min(us_.size() - 1, static_cast<std::size_t>(quantile * static_cast<double>(us_.size())))];
}

double Samples::mean() const {
  double sum = 0;
  for (const double one : us_) sum += one;
  return us_.empty() ? 0 : sum / static_cast<double>(us_.size());
}

void print_header() {
  std::printf("%-58s %12s %12s %8s  %s\n", "figure", "bus", "floor", "ratio", "aim");
  std::printf("%s\n", std::string(110, '-').c_str());
}

void print(const Row& row) {
  const auto number = [&](double value) {
    char text[32];
    std::snprintf(text, sizeof text,
                  value >= 1000 ? "%.0f %s"
                  : value >= 10 ? "%.1f %s"
                                : "%.2f %s",
                  value, row.unit.c_str());
    return std::string(text);
  };
  char ratio[16] = "-";
  if (row.floor != 0) std::snprintf(ratio, sizeof ratio, "%.2fx", row.value / row.floor);
  std::printf("%-58s %12s %12s %8s  %s\n", row.figure.c_str(), number(row.value).c_str(),
              row.floor == 0 ? "-" : number(row.floor).c_str(), ratio, row.aim.c_str());
  std::fflush(stdout);
}

HostProcess::HostProcess(const std::string& program, const std::string& configuration,
                         const std::string& trusted)
    : program_(program) {
  (void)make_private_folder(folder_ / "config/secrets");
  (void)make_private_folder(folder_ / "run");
  if (!configuration.empty()) (void)replace_file(folder_ / "config/config.toml", configuration);
  (void)replace_file(folder_ / "config/secrets/github", std::string(kSecret) + "\n");
  if (!trusted.empty()) {
    process::Program trust;
    trust.path = program;
    trust.argv = {"bus", "plugins", "trust", trusted, "--yes"};
    trust.env = environment();
    trust.out = trust.err = {process::Output::Kind::null, -1};
    auto said = process::system_spawner().start(trust);
    if (said) (void)process::wait(process::system_spawner(), *said);
  }
  launch();
}

void HostProcess::launch() {
  const UniqueFd log(::open((folder_ / "host.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  process::Program host;
  host.path = program_;
  host.argv = {"bus", "serve"};
  host.env = environment();
  host.out = {process::Output::Kind::fd, log.get()};
  host.err = {process::Output::Kind::fd, log.get()};
  const SteadyTime before = SteadyClock::now();
  auto child = process::system_spawner().start(host);
  if (!child) {
    std::fprintf(stderr, "cannot start %s: %s\n", program_.c_str(), child.error().message.c_str());
    std::exit(1);
  }
  child_ = std::move(*child);
  for (int tries = 0; tries < 10'000; ++tries) {
    auto connection = client::Connection::open(socket_path());
    if (!connection) {
      ::poll(nullptr, 0, 1);
      continue;
    }
    const auto hello = connection->ask(client::Call("hello"));
    start_time_ = SteadyClock::now() - before;
    if (!hello) break;
    const auto status = connection->ask(client::Call("status"));
    port_ = static_cast<int>((*status)["http"]["port"].integer().value_or(0));
    return;
  }
  std::fprintf(stderr, "the host did not answer; see its log in %s\n", folder_.path().c_str());
  std::exit(1);
}

HostProcess::~HostProcess() {
  if (child_.pid > 0 && !child_.exit) stop();
}

SteadyClock::duration HostProcess::stop() {
  const SteadyTime before = SteadyClock::now();
  (void)process::system_spawner().signal(child_, SIGTERM);
  (void)process::wait(process::system_spawner(), child_);
  return SteadyClock::now() - before;
}

client::Connection HostProcess::connect() const {
  auto connection = client::Connection::open(socket_path());
  if (!connection) {
    std::fprintf(stderr, "%s\n", connection.error().message.c_str());
    std::exit(1);
  }
  return std::move(*connection);
}

void HostProcess::restart(const std::string& configuration) {
  stop();
  child_ = {};
  (void)replace_file(folder_ / "config/config.toml", configuration);
  launch();
}

std::vector<std::string> HostProcess::environment() const {
  return {"BUS_CONFIG_DIR=" + (folder_ / "config"),
          "BUS_STATE_DIR=" + (folder_ / "state"),
          "BUS_RUNTIME_DIR=" + (folder_ / "run"),
          "BUS_LISTEN=127.0.0.1:0",
          "PATH=/usr/bin:/bin",
          "HOME=" + folder_.path()};
}

double cpu_seconds(pid_t pid) {
  clockid_t clock{};
  timespec now{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string sample_event(std::size_t data_bytes) {
  return R"({"source":"bench","type":"note","scope":"octo/hello","subject":"run/9876543210","summary":"CI failed on main","data":{"text":")" +
         std::string(data_bytes, 'x') + "\"}}";
}

std::string emit_frame(const std::string& event, std::int64_t id, bool first) {
  std::string body;
  json::Writer out(body);
  out.begin_object();
  if (first) out.member("proto", 2);
  out.member("id", id).member("op", "emit").key("event").raw(event).end_object();
  return wire::frame(body);
}

}  // namespace bus::bench
