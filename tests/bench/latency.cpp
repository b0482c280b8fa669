// emit → subscribers awake, and a delivery → `wait`, each beside a bare relay of the same bytes.
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/base/unique_fd.h"
#include "tests/bench/bench.h"

namespace bus::bench {
namespace {

constexpr int kRounds = 2000;
constexpr int kWarmUp = 200;
const std::string kEvent = sample_event(560);

void send_all(int fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<std::size_t>(n);
  }
}

bool receive_all(int fd, std::size_t size) {
  static thread_local std::array<char, 65536> buffer;
  while (size > 0) {
    const ssize_t n = ::recv(fd, buffer.data(), std::min(size, buffer.size()), 0);
    if (n <= 0) return false;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

// A process that passes what it reads from one socket on to `readers` others.
struct BareRelay {
  explicit BareRelay(int readers, std::size_t size) {
    std::array<int, 2> in;
    (void)::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data());
    std::vector<int> out;
    for (int i = 0; i < readers; ++i) {
      std::array<int, 2> pair;
      (void)::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data());
      ends.emplace_back(pair[0]);
      out.push_back(pair[1]);
    }
    pid = ::fork();
    if (pid == 0) {
      std::string buffer(size, '\0');
      for (;;) {
        std::size_t got = 0;
        while (got < size) {
          const ssize_t n = ::recv(in[1], buffer.data() + got, size - got, 0);
          if (n <= 0) ::_exit(0);
          got += static_cast<std::size_t>(n);
        }
        for (int fd : out) send_all(fd, buffer);
      }
    }
    sender.reset(in[0]);
    ::close(in[1]);
    for (int fd : out) ::close(fd);
  }
  ~BareRelay() {
    sender.reset();
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  UniqueFd sender;
  std::vector<UniqueFd> ends;
  pid_t pid = -1;
};

// Counts how many readers have seen the current round, and when the last one did. Waiting blocks at once: a
// waiter that yields first would hand its processor to whoever it has just woken, which flatters everything
// that is measured.
class Round {
 public:
  void arrived(SteadyTime at) {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_ = std::max(last_, at);
    if (++seen_ == wanted_) all_.notify_one();
  }
  void begin(int readers) {
    const std::lock_guard<std::mutex> lock(mutex_);
    wanted_ = readers;
    seen_ = 0;
    last_ = {};
  }
  SteadyTime wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    all_.wait(lock, [this] { return seen_ >= wanted_; });
    return last_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  int wanted_ = 0, seen_ = 0;
  SteadyTime last_{};
};

}  // namespace

Samples measure_relay(int readers, std::size_t size, int rounds) {
  BareRelay relay(readers, size);
  Round round;
  std::vector<std::thread> threads;
  for (UniqueFd& end : relay.ends) {
    threads.emplace_back([&round, fd = end.get(), size] {
      while (receive_all(fd, size)) round.arrived(SteadyClock::now());
    });
  }
  Samples samples;
  const std::string bytes(size, 'r');
  for (int i = 0; i < rounds + kWarmUp; ++i) {
    round.begin(readers);
    const SteadyTime start = SteadyClock::now();
    send_all(relay.sender.get(), bytes);
    const SteadyTime end = round.wait();
    if (i >= kWarmUp) samples.add(end - start);
  }
  ::kill(relay.pid, SIGKILL);
  for (std::thread& thread : threads) thread.join();
  return samples;
}

namespace {

Samples measure_bus(const HostProcess& host, int readers, int rounds) {
  Round round;
  std::vector<std::thread> threads;
  std::atomic<bool> stop{false};
  std::atomic<int> ready{0};
  for (int i = 0; i < readers; ++i) {
    threads.emplace_back([&] {
      client::Connection connection = host.connect();
      client::Call call("subscribe");
      call.params().member("where", "source == 'bench'");
      (void)connection.ask(std::move(call));
      (void)connection.next(std::nullopt);  // caught_up
      ++ready;
      while (!stop) {
        const auto frame = connection.next(SteadyClock::now() + std::chrono::milliseconds(200));
        if (!frame) return;
        if (*frame) round.arrived(SteadyClock::now());
      }
    });
  }
  while (ready < readers) std::this_thread::yield();
  client::Connection emitter = host.connect();
  Samples samples;
  for (int i = 0; i < rounds + kWarmUp; ++i) {
    const std::string frame = emit_frame(kEvent, i + 1, i == 0);
    round.begin(readers);
    const SteadyTime start = SteadyClock::now();
    send_all(emitter.fd(), frame);
    const SteadyTime end = round.wait();
    (void)emitter.next(std::nullopt);
    if (i >= kWarmUp) samples.add(end - start);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return samples;
}

}  // namespace

void bench_latency(const HostProcess& host) {
  Samples relay = measure_relay(1, kEvent.size() + 40, kRounds);
  Samples bus = measure_bus(host, 1, kRounds);
  print({"emit -> one subscriber awake, p50", bus.at(0.5), relay.at(0.5), "us", "<= 3x a bare relay"});
  print({"emit -> one subscriber awake, p99", bus.at(0.99), relay.at(0.99), "us", "<= 4x"});
  Samples relay_16 = measure_relay(16, kEvent.size() + 40, 500);
  Samples bus_16 = measure_bus(host, 16, 500);
  print({"emit -> last of 16 subscribers awake, p50", bus_16.at(0.5), relay_16.at(0.5), "us", ""});
  Samples relay_64 = measure_relay(64, kEvent.size() + 40, 300);
  Samples bus_64 = measure_bus(host, 64, 300);
  print({"emit -> last of 64 subscribers awake, p50", bus_64.at(0.5), relay_64.at(0.5), "us", "<= 2x"});
  print({"emit -> last of 64 subscribers awake, p99", bus_64.at(0.99), relay_64.at(0.99), "us", ""});
}

}  // namespace bus::bench
