// bus-bench: each figure beside the floor that the same machine shows in the same run. `bus-bench [group
// ...]` runs only those groups; $BUS_BIN names the program, else it is the one beside this.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "tests/bench/bench.h"

namespace {

std::string own_folder() {
  std::array<char, 4096> path;
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  return std::filesystem::path(std::string(path.data(), static_cast<std::size_t>(n))).parent_path();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace bus::bench;
  const rlimit files{4096, 4096};
  ::setrlimit(RLIMIT_NOFILE, &files);
  const char* given = std::getenv("BUS_BIN");
  const std::string program = given != nullptr ? given : own_folder() + "/bus";
  const std::vector<std::string> groups(argv + 1, argv + argc);
  const auto wanted = [&](const char* group) {
    return groups.empty() || std::find(groups.begin(), groups.end(), group) != groups.end();
  };
  print_header();
  if (wanted("latency")) bench_latency(HostProcess(program));
  if (wanted("webhooks")) bench_webhooks(HostProcess(program));
  if (wanted("bulk")) bench_bulk(HostProcess(program));
  if (wanted("fanout")) bench_fanout(HostProcess(program));
  if (wanted("processes")) bench_processes(HostProcess(program));
  if (wanted("pytest")) bench_pytest(HostProcess(program));
  if (wanted("files")) bench_files(HostProcess(program));
  if (wanted("waits")) bench_waits(HostProcess(program));
  if (wanted("actions")) bench_actions(HostProcess(program));
  if (wanted("sinks")) bench_sinks(HostProcess(program));
  if (wanted("isolation")) bench_isolation(HostProcess(program, isolation_settings(), isolation_plugin()));
  if (wanted("predicates")) bench_predicates();
  if (wanted("normalize")) bench_normalize();
  if (wanted("idle")) bench_idle(program);
  if (wanted("memory")) bench_memory(program);
  return 0;
}
