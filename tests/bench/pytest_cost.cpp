// What bus_pytest costs: 5,000 tests with it and without, in turn.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "core/process/program.h"
#include "core/process/supervise.h"
#include "tests/bench/bench.h"

namespace bus::bench {
namespace {

constexpr const char* kPython = "/usr/bin/python3";
constexpr int kFiles = 50;
constexpr int kTestsInAFile = 100;
constexpr int kPairs = 7;

void write_tests(const std::string& folder) {
  for (int file = 0; file < kFiles; ++file) {
    std::ofstream out(folder + "/test_" + std::to_string(file) + ".py");
    for (int test = 0; test < kTestsInAFile; ++test) {
      out << "def test_" << test << "():\n    assert " << test << " + 1 > " << test << "\n";
    }
  }
}

struct Cost {
  double wall_ms = 0, cpu_ms = 0;
  bool good = false;
};

double cpu_ms_of_children() {
  rusage use{};
  ::getrusage(RUSAGE_CHILDREN, &use);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(use.ru_utime) + ms(use.ru_stime);
}

Cost run(const HostProcess& host, const std::string& folder, bool with) {
  process::Program program;
  program.path = kPython;
  program.argv = {"python3", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"};
  if (with) program.argv.insert(program.argv.end(), {"-p", "bus_pytest"});
  program.env = host.environment();
  program.env.emplace_back(std::string("PYTHONPATH=") + BUS_PYTEST_SIDE);
  program.cwd = folder;
  program.out.kind = process::Output::Kind::null;
  const double cpu = cpu_ms_of_children();
  const SteadyTime start = SteadyClock::now();
  auto child = process::system_spawner().start(program);
  if (!child) return {};
  const auto exit = process::wait(process::system_spawner(), *child);
  Cost cost;
  cost.wall_ms = std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
  cost.cpu_ms = cpu_ms_of_children() - cpu;
  cost.good = exit && exit->code == 0;
  return cost;
}

}  // namespace

void bench_pytest(const HostProcess& host) {
  const testing::TempFolder folder;
  write_tests(folder.path());
  Samples wall, floor_wall, cpu, floor_cpu;
  for (int pair = 0; pair <= kPairs; ++pair) {
    const Cost without = run(host, folder.path(), false);
    const Cost with = run(host, folder.path(), true);
    if (!without.good || !with.good) {
      std::printf("5,000 tests of pytest: left out, they need Debian's python3-pytest\n");
      return;
    }
    if (pair == 0) continue;  // it read the files for the first time
    const auto add = [](Samples& to, double ms) {
      to.add(
          std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double, std::milli>(ms)));
    };
    add(wall, with.wall_ms), add(floor_wall, without.wall_ms);
    add(cpu, with.cpu_ms), add(floor_cpu, without.cpu_ms);
  }
  // The work is always the same: the least time is what it costs, all above came from the machine.
  print({"5,000 tests of pytest with bus_pytest, wall time", wall.at(0) / 1000, floor_wall.at(0) / 1000, "ms",
         "<= 1.03x"});
  print({"the same, processor time of pytest", cpu.at(0) / 1000, floor_cpu.at(0) / 1000, "ms", "-"});
}

}  // namespace bus::bench
