// Bulk ingest and replay, each beside SQLite alone.
#include <sys/socket.h>

#include <thread>

#include "core/json/writer.h"
#include "core/wire/frame.h"
#include "tests/bench/bench.h"
#include "tests/bench/floors.h"

namespace bus::bench {
namespace {

constexpr std::size_t kPerFrame = 500;
constexpr std::size_t kInFlight = 4;

void send_bulk(client::Connection& connection, std::size_t from, std::size_t count) {
  client::Call call("emit");
  json::Writer& out = call.params();
  out.key("events").begin_array();
  const std::string data = "{\"text\":\"" + std::string(360, 'x') + "\"}";
  for (std::size_t i = from; i < from + count; ++i) {
    out.begin_object().member("source", "bulk").member("type", "note").member("scope", "octo/hello");
    out.member("subject", "run/1")
        .member("key", "k" + std::to_string(i * 7919))
        .key("data")
        .raw(data)
        .end_object();
  }
  out.end_array();
  (void)connection.send(std::move(call));
}

double measure_ingest(const HostProcess& host, std::size_t events, std::size_t connections,
                      std::size_t base) {
  const auto start = SteadyClock::now();
  std::vector<std::thread> threads;
  const std::size_t each = events / connections;
  for (std::size_t c = 0; c < connections; ++c) {
    threads.emplace_back([&host, each, first = base + c * each] {
      client::Connection connection = host.connect();
      std::size_t in_flight = 0;
      for (std::size_t sent = 0; sent < each; sent += kPerFrame) {
        send_bulk(connection, first + sent, std::min(kPerFrame, each - sent));
        if (++in_flight == kInFlight) {
          (void)connection.next(std::nullopt);
          --in_flight;
        }
      }
      for (; in_flight > 0; --in_flight) (void)connection.next(std::nullopt);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(events) / std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Reads from the start of the log until it has caught up; events per second that came, or that were looked
// at. Frames are cut and counted, not parsed: the host is what is measured.
double measure_replay(const HostProcess& host, const char* where, bool count_head) {
  client::Connection connection = host.connect();
  client::Call call("subscribe");
  call.params().member("since", "start").member_if("where", where);
  const auto start = SteadyClock::now();
  (void)connection.send(std::move(call));
  wire::Decoder decoder;
  std::vector<char> buffer(256 * 1024);
  std::size_t events = 0;
  double head = 0;
  for (bool done = false; !done;) {
    const ssize_t n = ::recv(connection.fd(), buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    (void)decoder.feed({buffer.data(), static_cast<std::size_t>(n)}, [&](std::string_view frame) {
      const auto position = frame.substr(0, 60).find("\"caught_up\":");
      done = position != std::string_view::npos;
      if (done) head = std::stod(std::string(frame.substr(position + 12)));
      events += !done;
      return !done;
    });
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  return (count_head ? head : static_cast<double>(events - 1)) / seconds;
}

}  // namespace

void bench_bulk(const HostProcess& host) {
  const double floor = raw_inserts(host.folder(), {50'000, 600, 1000}).per_second;
  print({"bulk ingest of 600-byte events, 1 connection", measure_ingest(host, 50'000, 1, 0), floor, "/s",
         ">= 0.6x raw SQLite, 1,000 a transaction"});
  print({"bulk ingest of 600-byte events, 4 connections", measure_ingest(host, 50'000, 4, 1'000'000), floor,
         "/s", ">= 0.6x"});
  const double select = raw_select_per_second(host.folder() + "/state/bus.db");
  print({"replay of the log", measure_replay(host, "", false), select, "/s", ">= 0.5x raw SELECT"});
  print({"replay with a selective predicate, looked at", measure_replay(host, "key == 'k7919'", true), select,
         "/s", ""});
}

void bench_fanout(const HostProcess& host) {
  constexpr int kSubscribers = 64;
  constexpr int kEvents = 2000;
  std::vector<std::thread> threads;
  std::atomic<int> ready{0};
  for (int i = 0; i < kSubscribers; ++i) {
    threads.emplace_back([&] {
      client::Connection connection = host.connect();
      client::Call call("subscribe");
      call.params().member("where", "source == 'bulk'");
      (void)connection.ask(std::move(call));
      (void)connection.next(std::nullopt);
      ++ready;
      for (int seen = 0; seen < kEvents;) {
        const auto frame = connection.next(std::nullopt);
        if (!frame) return;
        seen += (*frame)->node["event"].exists();
      }
    });
  }
  while (ready < kSubscribers) std::this_thread::yield();
  client::Connection connection = host.connect();
  const auto start = SteadyClock::now();
  send_bulk(connection, 9'000'000, kEvents);
  for (std::thread& thread : threads) thread.join();
  const double rate =
      kSubscribers * kEvents / std::chrono::duration<double>(SteadyClock::now() - start).count();

  // The floor: the same bytes written by one thread into 64 sockets that 64 threads empty.
  std::vector<std::pair<int, int>> pairs;
  std::vector<std::thread> readers;
  const std::string frame(600, 'f');
  for (int i = 0; i < kSubscribers; ++i) {
    int ends[2];
    (void)::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    pairs.emplace_back(ends[0], ends[1]);
    readers.emplace_back([fd = ends[1], want = frame.size() * kEvents] {
      std::string buffer(65536, '\0');
      for (std::size_t got = 0; got < want;) {
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0) return;
        got += static_cast<std::size_t>(n);
      }
    });
  }
  const auto floor_start = SteadyClock::now();
  for (int e = 0; e < kEvents; ++e) {
    for (const auto& [out, in] : pairs) (void)::send(out, frame.data(), frame.size(), MSG_NOSIGNAL);
  }
  for (std::thread& thread : readers) thread.join();
  const double floor =
      kSubscribers * kEvents / std::chrono::duration<double>(SteadyClock::now() - floor_start).count();
  for (const auto& [out, in] : pairs) ::close(out), ::close(in);
  print({"deliveries to 64 subscribers", rate, floor, "/s", ">= 0.5x the same frames written bare"});
}

}  // namespace bus::bench
