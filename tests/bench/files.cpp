// Changes of files: until a program runs, beside inotifywait in a shell loop and entr; and a large tree.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "core/json/reader.h"
#include "core/process/program.h"
#include "core/process/supervise.h"
#include "tests/bench/bench.h"
#include "tests/bench/running.h"

namespace bus::bench {
namespace {

constexpr int kRounds = 200;
constexpr int kWarmUp = 10;
constexpr int kFolders = 500;
constexpr int kFilesInAFolder = 100;

void write(const std::string& path) {
  std::ofstream(path, std::ios::binary) << "some text\n";
}

// One way to run a program when a file changes.
struct Way {
  std::string file;
  std::unique_ptr<Running> running;
  Samples samples;
  int missed = 0;
};

// False if nothing was run within a second: entr overlooks a change now and then.
bool measure(Way& way, bool counts) {
  ::poll(nullptr, 0, 10);  // whoever it is goes back to sleep
  const SteadyTime begin = SteadyClock::now();
  write(way.file);
  if (way.running->read(milliseconds(1000)).empty()) return false;
  if (counts) way.samples.add(SteadyClock::now() - begin);
  return true;
}

void bench_reaction(const HostProcess& host) {
  const testing::TempFolder folder;
  const std::string printf = find_program("printf"), inotifywait = find_program("inotifywait"),
                    entr = find_program("entr");
  const auto place = [&](const char* name) {
    std::filesystem::create_directory(folder / name);
    write(folder / name + "/file");
    return folder / name + "/file";
  };
  Way ours{place("ours"), nullptr, {}, 0}, loop{place("loop"), nullptr, {}, 0},
      list{place("list"), nullptr, {}, 0};
  ours.running =
      std::make_unique<Running>(host, host.program(),
                                std::vector<std::string>{"bus", "watch", folder / "ours", "--debounce", "0s",
                                                         "--when-busy", "queue", "--", printf, "x"});
  if (!inotifywait.empty()) {
    loop.running = std::make_unique<Running>(
        host, "/bin/sh",
        std::vector<std::string>{"sh", "-c",
                                 inotifywait + " -q -m -e close_write " + (folder / "loop") +
                                     " | while read line; do " + printf + " x; done"});
  }
  if (!entr.empty()) {
    list.running = std::make_unique<Running>(
        host, "/bin/sh",
        std::vector<std::string>{"sh", "-c", "echo " + list.file + " | " + entr + " -np " + printf + " x"});
  }
  ::poll(nullptr, 0, 1000);
  for (int i = 0; i < kRounds + kWarmUp; ++i) {
    for (Way* way : {&ours, &loop, &list}) {
      if (way->running && !measure(*way, i >= kWarmUp)) ++way->missed;
    }
  }
  if (inotifywait.empty()) std::printf("inotifywait is not installed: there is nothing to compare with\n");
  std::printf("changes that were overlooked: bus %d, inotifywait %d, entr %d of %d\n", ours.missed,
              loop.missed, list.missed, kRounds + kWarmUp);
  const auto at = [](Way& way, double quantile) { return way.running ? way.samples.at(quantile) : 0; };
  print({"file changed -> program runs, p50 (inotifywait)", at(ours, 0.5), at(loop, 0.5), "us", "<= 1x"});
  print({"file changed -> program runs, p99 (inotifywait)", at(ours, 0.99), at(loop, 0.99), "us", "-"});
  print({"file changed -> program runs, p50 (entr)", at(ours, 0.5), at(list, 0.5), "us", "-"});
}

double pss_kb(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("Pss:")) return std::strtod(line.c_str() + 4, nullptr);
  }
  return 0;
}

double ms_since(SteadyTime begin) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}

double time_of_inotifywait(const HostProcess& host, const std::string& folder) {
  const std::string inotifywait = find_program("inotifywait");
  if (inotifywait.empty()) return 0;
  const SteadyTime begin = SteadyClock::now();
  Running running(host, inotifywait, {"inotifywait", "-m", "-r", folder}, true);
  return running.has_said("established") ? ms_since(begin) : 0;
}

// Reads events until so many changes of that kind were told; how many gaps there were.
int read_changes(Running& watch, const char* kind, std::int64_t count) {
  int gaps = 0;
  json::Document document;
  while (count > 0) {
    const auto line = watch.line();
    if (!line) std::exit(1);
    const auto event = document.parse(*line);
    if (!event) std::exit(1);
    if ((*event)["type"].string_or("") == "fs_gap") ++gaps;
    count -= (*event)["data"]["counts"][kind].integer().value_or(0);
  }
  return gaps;
}

void bench_large_tree(const HostProcess& host) {
  const testing::TempFolder folder;
  for (int f = 0; f < kFolders; ++f) {
    const std::string path = folder / ("folder-" + std::to_string(f));
    std::filesystem::create_directory(path);
    for (int i = 0; i < kFilesInAFolder; ++i) write(path + "/file-" + std::to_string(i) + ".cpp");
  }
  const double before = pss_kb(host.pid());
  const double floor = time_of_inotifywait(host, folder.path());
  const SteadyTime begin = SteadyClock::now();
  Running watch(host, host.program(), {"bus", "watch", folder.path(), "--json"});
  if (!watch.has_said("fs_root")) std::exit(1);
  print({"50,000 files in 500 folders: time to watch", ms_since(begin), floor, "ms", "-"});
  const double nodes = kFolders * (kFilesInAFolder + 1.0);
  print({"the same: memory of the host for each", (pss_kb(host.pid()) - before) * 1024 / nodes, 0, "B", "-"});
  const SteadyTime burst = SteadyClock::now();
  for (int f = 0; f < kFolders; ++f) {
    for (int i = 0; i < kFilesInAFolder; ++i) {
      write(folder / ("folder-" + std::to_string(f)) + "/new-" + std::to_string(i));
    }
  }
  const double written = ms_since(burst);
  const int gaps = read_changes(watch, "created", kFolders * kFilesInAFolder);
  print({"50,000 files created: until all are told (until written)", ms_since(burst), written, "ms", "-"});
  print({"the same: times that the kernel's queue ran over", static_cast<double>(gaps), 0, "", "-"});
}

}  // namespace

void bench_files(const HostProcess& host) {
  bench_reaction(host);
  bench_large_tree(host);
}

}  // namespace bus::bench
