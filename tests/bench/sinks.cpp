// Sinks: how fast a log leaves through the real host, each beside the client of its protocol alone, with the
// same bodies in the same run.
#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/json/writer.h"
#include "tests/bench/bench.h"
#include "tests/bench/ports.h"
#include "tests/bench/running.h"
#include "tests/bench/sink_floors.h"
#include "tests/bench/taker.h"

namespace bus::bench {
namespace {

constexpr std::size_t kEvents = 50'000;
constexpr std::size_t kPerFrame = 500;
constexpr std::size_t kBatch = 256;          // of a sink, unless it is told otherwise
constexpr std::chrono::seconds kLongest{8};  // for one figure
constexpr std::size_t kMostBytes = 256u << 20;

void fill(const HostProcess& host) {
  auto connection = host.connect();
  const std::string data = "{\"text\":\"" + std::string(360, 'x') + "\"}";
  for (std::size_t from = 0; from < kEvents; from += kPerFrame) {
    client::Call call("emit");
    json::Writer& out = call.params();
    out.key("events").begin_array();
    for (std::size_t i = from; i < from + kPerFrame; ++i) {
      out.begin_object().member("source", "bench").member("type", "note").member("scope", "octo/hello");
      out.member("subject", "run/1")
          .member("key", "k" + std::to_string(i))
          .key("data")
          .raw(data)
          .end_object();
    }
    out.end_array();
    if (!connection.ask(std::move(call))) std::exit(1);
  }
}

struct Seen {
  SteadyTime at;
  std::size_t delivered = 0;
  std::string trouble{};
};

Seen look(client::Connection& connection) {
  Seen seen;
  const auto answer = connection.ask(client::Call("sinks"));
  seen.at = SteadyClock::now();
  if (!answer) return seen;
  for (const json::Node sink : (*answer)["sinks"].elements()) {
    seen.delivered = static_cast<std::size_t>(sink["delivered"].integer().value_or(0));
    seen.trouble = sink["last_error"].string_or("");
  }
  return seen;
}

// Events a second of a new sink that finds the whole log before it: from the first look at it until it has
// all, or for kLongest.
double events_per_second(HostProcess& host, const std::string& table) {
  host.restart(table);
  auto connection = host.connect();
  const Seen first = look(connection);
  Seen last = first;
  while (last.delivered < kEvents && last.at - first.at < kLongest) {
    ::poll(nullptr, 0, 5);
    last = look(connection);
  }
  if (last.delivered <= first.delivered || !last.trouble.empty())
    std::fprintf(stderr, "this sink does not deliver: %s\n", last.trouble.c_str());
  return static_cast<double>(last.delivered - first.delivered) /
         std::chrono::duration<double>(last.at - first.at).count();
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const auto text = read_file(path, kMostBytes);
  if (!text) return lines;
  for (const std::string_view line : split(*text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::vector<std::string> bench_file(HostProcess& host) {
  std::vector<std::string> lines;
  for (const bool sync : {true, false}) {
    const std::string name = sync ? "batch" : "never", path = host.folder() + "/" + name + ".ndjson";
    const double rate = events_per_second(host, "[sinks.file_" + name + "]\nplugin = \"file\"\npath = \"" +
                                                    path + "\"\nfsync = \"" + name + "\"\n");
    lines = lines_of(path);
    const double floor = append_per_second(path + ".floor", lines, kBatch, sync);
    print({"file, fsync = " + name + (sync ? " (write and fdatasync of 256)" : " (write of 256)"), rate,
           floor, "/s", "-"});
  }
  return lines;
}

void bench_http(HostProcess& host) {
  Taker taker;
  for (const std::string& form : {std::string("structured"), std::string("batch")}) {
    const double rate = events_per_second(
        host, "[sinks.http_" + form + "]\nplugin = \"http\"\nallow_private = true\nformat = \"" + form +
                  "\"\nurl = \"http://127.0.0.1:" + std::to_string(taker.port()) + "/in\"\n");
    const std::string body = taker.take_body();
    std::size_t events = 0;
    for (std::size_t at = body.find("\"specversion\""); at != std::string::npos;
         at = body.find("\"specversion\"", at + 1)) {
      ++events;
    }
    double posts = 0;  // the best of three: where the two threads run makes much of it
    for (int i = 0; i < 3; ++i) posts = std::max(posts, posts_per_second(taker.port(), body));
    const double floor = posts * static_cast<double>(events);
    print({"http, " + form + " (a connection that is kept)", rate, floor, "/s", "-"});
  }
}

void bench_nats(HostProcess& host, const std::vector<std::string>& bodies) {
  const std::string server = find_program("nats-server");
  if (server.empty()) return (void)std::printf("nats: left out, nats-server is not installed\n");
  const int port = free_port();
  const Running running(host, server,
                        {"nats-server", "-a", "127.0.0.1", "-p", std::to_string(port), "-js", "-sd",
                         host.folder() + "/jetstream"});
  await_port(port);
  const std::string url = "nats://127.0.0.1:" + std::to_string(port);
  const double floor = publishes_per_second(url, bodies);
  if (floor == 0) return (void)std::printf("nats: left out, bus-bench was built without libnats-dev\n");
  const double rate = events_per_second(
      host, "[sinks.nats]\nplugin = \"nats_sink\"\norigin = \"bench\"\ncreate_stream = true\nurl = [\"" +
                url + "\"]\n");
  print({"nats (asynchronous publishing by libnats)", rate, floor, "/s", "-"});
}

void bench_redis(HostProcess& host, const std::vector<std::string>& bodies) {
  const std::string server = find_program("redis-server"), socket = host.folder() + "/redis";
  if (server.empty()) return (void)std::printf("redis: left out, redis-server is not installed\n");
  const Running running(host, server,
                        {"redis-server", "--port", "0", "--unixsocket", socket, "--dir", host.folder(),
                         "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"});
  const double floor = adds_per_second(socket, bodies, kBatch);
  if (floor == 0) return (void)std::printf("redis: left out, bus-bench was built without libhiredis-dev\n");
  const double rate = events_per_second(host, "[sinks.redis]\nurl = [\"unix://" + socket + "\"]\n");
  print({"redis (XADD in pipelines of 256 by hiredis)", rate, floor, "/s", "-"});
}

}  // namespace

void bench_sinks(HostProcess&& host) {
  std::printf("sinks: events/s of a log of %zu (the same bodies by the client of the protocol alone)\n",
              kEvents);
  fill(host);
  const std::vector<std::string> bodies = bench_file(host);
  bench_http(host);
  bench_nats(host, bodies);
  bench_redis(host, bodies);
}

}  // namespace bus::bench
