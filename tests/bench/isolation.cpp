// What a process of its own costs a plugin: emits of the same library in the host and in a child.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/base/unique_fd.h"
#include "tests/bench/bench.h"
#include "tests/bench/floors.h"

namespace bus::bench {
namespace {

struct Emits {
  double per_second = 0, p50 = 0, p99 = 0;
};

Emits emits(const HostProcess& host, const char* source, const std::string& what) {
  client::Connection connection = host.connect();
  client::Call call("deliver");
  call.params().member("source", source).key("message").raw(what);
  const auto answer = connection.ask(std::move(call));
  if (!answer) {
    std::fprintf(stderr, "%s: %s\n", source, answer.error().message.c_str());
    return {};
  }
  const json::Node reply = (*answer)["reply"];
  const auto figure = [&](const char* name) { return reply[name].number().value_or(0); };
  return {figure("per_second"), figure("p50"), figure("p99")};
}

// There and back between two processes over a socket pair: what one hop costs at least.
Samples bare_hop(std::size_t bytes, int times) {
  Samples samples;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return samples;
  UniqueFd ours(pair[0]), theirs(pair[1]);
  std::vector<char> buffer(bytes);
  const pid_t child = ::fork();
  if (child == 0) {
    ours.reset();
    while (::recv(theirs.get(), buffer.data(), bytes, MSG_WAITALL) > 0) {
      if (::send(theirs.get(), buffer.data(), 64, MSG_NOSIGNAL) < 0) break;
    }
    ::_exit(0);
  }
  theirs.reset();
  for (int i = 0; i < times; ++i) {
    const auto before = SteadyClock::now();
    if (::send(ours.get(), buffer.data(), bytes, MSG_NOSIGNAL) < 0) break;
    if (::recv(ours.get(), buffer.data(), 64, MSG_WAITALL) <= 0) break;
    samples.add(SteadyClock::now() - before);
  }
  ours.reset();
  ::waitpid(child, nullptr, 0);
  return samples;
}

}  // namespace

std::string isolation_plugin() {
  return BUS_BENCH_PLUGINS "/bench_emitter.so";
}

std::string isolation_settings() {
  return "[plugins]\ndirectories = [\"" BUS_BENCH_PLUGINS
         "\"]\n[sources.here]\nplugin = \"bench_emitter\"\nisolation = \"host\"\n"
         "[sources.there]\nplugin = \"bench_emitter\"\nisolation = \"process\"\ncall_timeout = \"2m\"\n";
}

void bench_isolation(const HostProcess& host) {
  constexpr const char* kSingle = R"({"calls": 5000})";
  constexpr const char* kThreads = R"({"calls": 2500, "threads": 8})";
  constexpr const char* kBatches = R"({"calls": 100, "batch": 500})";
  (void)emits(host, "here", kSingle);
  (void)emits(host, "there", kSingle);
  Samples hop = bare_hop(700, 5000);
  const Emits here = emits(host, "here", kSingle), there = emits(host, "there", kSingle);
  const double commit = 1e6 / raw_inserts(host.folder(), {20'000, 600, 1}).per_second;
  print({"emit in the host, p50, to a raw commit", here.p50, commit, "us", "<= 3x"});
  print({"emit in the host, p99, to a raw commit", here.p99, commit, "us", ""});
  print({"emit in the host, calls/s, to raw commits", here.per_second, 1e6 / commit, "/s", ">= 0.3x"});
  print({"emit in a process, p50, to the host's and a bare hop", there.p50, here.p50 + hop.at(0.5), "us",
         "<= 2x"});
  print({"emit in a process, p99, to the host's and a bare hop", there.p99, here.p99 + hop.at(0.99), "us",
         "<= 2x"});
  print({"emit in a process, calls/s, to the host's with a bare hop each", there.per_second,
         1e6 / (1e6 / here.per_second + hop.mean()), "/s", ">= 0.5x"});
  const Emits here8 = emits(host, "here", kThreads), there8 = emits(host, "there", kThreads);
  print({"8 threads of a process, events/s, to the host's", there8.per_second, here8.per_second, "/s",
         ">= 0.5x"});
  const double raw = raw_inserts(host.folder(), {50'000, 600, 500}).per_second;
  const Emits here500 = emits(host, "here", kBatches), there500 = emits(host, "there", kBatches);
  print({"batches of 500 in the host, events/s, to raw SQLite", here500.per_second, raw, "/s", ">= 0.5x"});
  print({"batches of 500 in a process, events/s, to the host's", there500.per_second, here500.per_second,
         "/s", ">= 0.7x"});
}

}  // namespace bus::bench
