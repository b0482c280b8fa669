// What the benchmarks share: samples, the table that is printed, and a real host in a folder of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/client/connection.h"
#include "core/process/spawner.h"
#include "tests/support/temp_folder.h"

namespace bus::bench {

using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;

// Microseconds, sorted when asked.
class Samples {
 public:
  void add(SteadyClock::duration d) { us_.push_back(std::chrono::duration<double, std::micro>(d).count()); }
  double at(double quantile);
  double mean() const;
  std::size_t size() const { return us_.size(); }

 private:
  std::vector<double> us_;
};

// One figure beside its floor. A floor of 0 means that there is none to compare with.
struct Row {
  std::string figure;
  double value = 0;
  double floor = 0;
  std::string unit;
  std::string aim;  // "<= 3x", ">= 0.5x", "<= 6 ms"
};
void print_header();
void print(const Row& row);

// A host as a user has it: the real binary, started as `bus serve` with port 0 in a temporary folder.
class HostProcess {
 public:
  // `trusted`: a library that did not come with bus and is to run.
  explicit HostProcess(const std::string& program, const std::string& configuration = {},
                       const std::string& trusted = {});
  ~HostProcess();  // SIGTERM, and waits
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;

  client::Connection connect() const;
  const std::string& folder() const { return folder_.path(); }
  std::string socket_path() const { return folder_ / "run/bus.sock"; }
  // Variables that a child needs to speak to this host.
  std::vector<std::string> environment() const;
  int port() const { return port_; }
  pid_t pid() const { return child_.pid; }
  const std::string& program() const { return program_; }
  // From the start of the process to its first answer.
  SteadyClock::duration start_time() const { return start_time_; }
  // SIGTERM to exit.
  SteadyClock::duration stop();
  // Stops it, and starts it over the same folders with another configuration.
  void restart(const std::string& configuration);

  static constexpr const char* kSecret = "It's a Secret to Everybody";

 private:
  // As `bus serve`, until it answers.
  void launch();

  testing::TempFolder folder_;
  std::string program_;
  process::Child child_;
  SteadyClock::duration start_time_{};
  int port_ = 0;
};

// A line of the event that all latency figures use: about 740 bytes of JSON.
std::string sample_event(std::size_t data_bytes);
std::string emit_frame(const std::string& event, std::int64_t id, bool first);

// A bare relay of `size` bytes from one process to `readers` others, until the last of them is awake.
Samples measure_relay(int readers, std::size_t size, int rounds);

// What the threads of a process have run so far; exact for one of our own children, too.
double cpu_seconds(pid_t pid);

// The groups. Each prints its rows.
void bench_latency(const HostProcess& host);
void bench_webhooks(const HostProcess& host);
void bench_bulk(const HostProcess& host);
void bench_fanout(const HostProcess& host);
void bench_processes(const HostProcess& host);
void bench_pytest(const HostProcess& host);
void bench_files(const HostProcess& host);
void bench_waits(const HostProcess& host);
void bench_actions(const HostProcess& host);
void bench_idle(const std::string& program);
void bench_memory(const std::string& program);
void bench_sinks(HostProcess&& host);
void bench_isolation(const HostProcess& host);  // configured by:
std::string isolation_settings();
std::string isolation_plugin();
void bench_predicates();
void bench_normalize();

}  // namespace bus::bench
