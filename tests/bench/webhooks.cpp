// Signed webhooks over HTTP: how many a second are stored durably, and how soon a waiting client has one.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

#include "core/auth/hmac.h"
#include "core/base/text.h"
#include "core/base/unique_fd.h"
#include "tests/bench/bench.h"
#include "tests/bench/floors.h"
#include "tests/bench/sender.h"

namespace bus::bench {
namespace {

std::string run_body(std::size_t bytes) {
  std::string body =
      R"({"action":"completed","workflow_run":{"id":9876543210,"name":"CI","run_attempt":1,"status":"completed","conclusion":"failure","head_branch":"main","head_sha":"0123456789abcdef0123456789abcdef01234567","html_url":"https://github.com/octo/hello/actions/runs/9876543210"},"repository":{"full_name":"octo/hello"},"pad":")";
  body += std::string(bytes > body.size() + 2 ? bytes - body.size() - 2 : 0, 'p');
  return body + "\"}";
}

struct Deliveries {
  double per_second = 0;
  double host_us = 0;  // of the host's processors, for each
};

// One thread sends on all connections, so that the sender takes as little as possible of what is measured.
Deliveries deliver(const HostProcess& host, std::size_t connections, std::size_t total,
                   const std::string& prefix) {
  const std::string body = run_body(10'240);
  std::vector<Sender> senders;
  std::vector<pollfd> answers;
  std::vector<std::size_t> sent(connections, 0);
  for (std::size_t c = 0; c < connections; ++c) {
    senders.emplace_back(host.port(), body);
    answers.push_back({senders.back().fd(), POLLIN, 0});
  }
  const auto send = [&](std::size_t c) {
    senders[c].send(prefix + std::to_string(c) + "-" + std::to_string(sent[c]++));
  };
  const double cpu = cpu_seconds(host.pid());
  const auto start = SteadyClock::now();
  std::size_t good = 0, answered = 0;
  for (std::size_t c = 0; c < connections; ++c) send(c);
  while (answered < total / connections * connections) {
    (void)::poll(answers.data(), answers.size(), -1);
    for (std::size_t c = 0; c < connections; ++c) {
      if (answers[c].revents == 0) continue;
      good += senders[c].receive();
      ++answered;
      if (sent[c] < total / connections) {
        send(c);
      } else {
        answers[c].fd = -1;
      }
    }
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  if (good != answered) std::printf("  (only %zu were accepted)\n", good);
  return {static_cast<double>(good) / seconds,
          (cpu_seconds(host.pid()) - cpu) * 1e6 / static_cast<double>(answered)};
}

void delivery_to_wait(const HostProcess& host) {
  const std::string body = run_body(1'000);
  client::Connection waiter = host.connect();
  client::Call call("subscribe");
  call.params().member("where", "source == 'github'");
  (void)waiter.ask(std::move(call));
  (void)waiter.next(std::nullopt);
  Sender sender(host.port(), body);
  Samples samples;
  for (int i = 0; i < 1100; ++i) {
    const auto start = SteadyClock::now();
    sender.send("wake-" + std::to_string(i));
    (void)waiter.next(std::nullopt);
    if (i >= 100) samples.add(SteadyClock::now() - start);
    (void)sender.receive();
  }
  print({"signed delivery -> waiting client awake, p50", samples.at(0.5), 0, "us", ""});
  print({"signed delivery -> waiting client awake, p99", samples.at(0.99), 0, "us", ""});
}

}  // namespace

void bench_webhooks(const HostProcess& host) {
  delivery_to_wait(host);
  // What a delivery of run_body() leaves in the store.
  const InsertRate one = raw_inserts(host.folder(), {2'000, 10'700, 1, true, true});
  print({"durable webhooks of 10 KiB, 1 connection", deliver(host, 1, 2'000, "a").per_second, one.per_second,
         "/s", ""});
  const InsertRate many = raw_inserts(host.folder(), {16'000, 10'700, 16, true, true});
  const Deliveries delivered = deliver(host, 16, 16'000, "b");
  print({"durable webhooks of 10 KiB, 16 connections", delivered.per_second, many.per_second, "/s",
         ">= 0.8x raw group commit"});
  print({"of them, processor time for one", delivered.host_us, many.cpu_us, "us", ""});
}

}  // namespace bus::bench
