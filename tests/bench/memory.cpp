// What a subscriber that has stopped reading costs the host while a gigabyte of events goes by, beside the
// same without a subscriber.
#include <fstream>

#include "tests/bench/bench.h"

namespace bus::bench {
namespace {

constexpr std::size_t kEventBytes = 64u << 10;
constexpr std::size_t kPerRequest = 16;
constexpr std::size_t kEvents = (1u << 30) / kEventBytes;

struct Memory {
  double pss = 0, rss = 0, peak = 0;  // MB
};

double kb_in(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1));
  }
  return 0;
}

Memory memory_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  return {kb_in(folder + "/smaps_rollup", "Pss") / 1024, kb_in(folder + "/smaps_rollup", "Rss") / 1024,
          kb_in(folder + "/status", "VmHWM") / 1024};
}

void emit_a_gigabyte(const HostProcess& host) {
  client::Connection emitter = host.connect();
  const std::string event = sample_event(kEventBytes);
  for (std::size_t sent = 0; sent < kEvents; sent += kPerRequest) {
    client::Call call("emit");
    call.params().key("events").begin_array();
    for (std::size_t i = 0; i < kPerRequest; ++i) call.params().raw(event);
    call.params().end_array();
    (void)emitter.ask(std::move(call));
  }
}

// Growth from before the events to after them; `peak` is the most that the host ever held, less what it held
// before.
Memory growth(const std::string& program, bool with_subscriber) {
  const HostProcess host(program);
  client::Connection subscriber = host.connect();
  if (with_subscriber) (void)subscriber.ask(client::Call("subscribe"));
  const Memory before = memory_of(host.pid());
  emit_a_gigabyte(host);
  const Memory after = memory_of(host.pid());
  return {after.pss - before.pss, after.rss - before.rss, after.peak - before.rss};
}

}  // namespace

void bench_memory(const std::string& program) {
  const Memory without = growth(program, false);
  const Memory with = growth(program, true);
  print({"1 GB of events, a stopped subscriber: PSS grows by", with.pss, without.pss, "MB", "<= 1.5x"});
  print({"1 GB of events, a stopped subscriber: RSS grows by", with.rss, without.rss, "MB", "<= 1.5x"});
  print({"1 GB of events, a stopped subscriber: peak over rest", with.peak, without.peak, "MB", "<= 1.5x"});
}

}  // namespace bus::bench
