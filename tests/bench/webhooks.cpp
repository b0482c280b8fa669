// Signed webhooks over HTTP: how many a second are stored durably, and how soon a waiting client has one.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "core/auth/hmac.h"
#include "core/base/text.h"
#include "core/base/unique_fd.h"
#include "tests/bench/bench.h"
#include "tests/bench/floors.h"

namespace bus::bench {
namespace {

std::string run_body(std::size_t bytes) {
  std::string body =
      R"({"action":"completed","workflow_run":{"id":9876543210,"name":"CI","run_attempt":1,"status":"completed","conclusion":"failure","head_branch":"main","head_sha":"0123456789abcdef0123456789abcdef01234567","html_url":"https://github.com/octo/hello/actions/runs/9876543210"},"repository":{"full_name":"octo/hello"},"pad":")";
  body += std::string(bytes > body.size() + 2 ? bytes - body.size() - 2 : 0, 'p');
  return body + "\"}";
}

class Sender {
 public:
  Sender(int port, const std::string& body) : body_(body) {
    const std::string signature = hex(auth::view(auth::HmacKey(Secret(HostProcess::kSecret)).sign({body})));
    head_ =
        "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-GitHub-Event: "
        "workflow_run\r\n"
        "X-Hub-Signature-256: sha256=" +
        signature + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nX-GitHub-Delivery: ";
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      std::perror("connect");
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  void send(const std::string& delivery) {
    const std::string request = head_ + delivery + "\r\n\r\n" + body_;
    (void)::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
  }
  // True for 202.
  bool receive() {
    std::string got;
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (n <= 0) return false;
      got.append(buffer, static_cast<std::size_t>(n));
      const auto end = got.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const auto length = lower_ascii(got).find("content-length: ");
      const std::size_t body = length == std::string::npos ? 0 : std::stoul(got.substr(length + 16));
      if (got.size() >= end + 4 + body) return got.compare(9, 3, "202") == 0;
    }
  }

 private:
  const std::string& body_;
  std::string head_;
  UniqueFd fd_;
};

double rate(const HostProcess& host, std::size_t connections, std::size_t total, const std::string& prefix) {
  const std::string body = run_body(10'240);
  std::atomic<std::size_t> good{0};
  std::vector<std::thread> threads;
  const auto start = SteadyClock::now();
  for (std::size_t c = 0; c < connections; ++c) {
    threads.emplace_back([&, c] {
      Sender sender(host.port(), body);
      for (std::size_t i = 0; i < total / connections; ++i) {
        sender.send(prefix + std::to_string(c) + "-" + std::to_string(i));
        good += sender.receive();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (good != total / connections * connections) std::printf("  (only %zu were accepted)\n", good.load());
  return static_cast<double>(good) / std::chrono::duration<double>(SteadyClock::now() - start).count();
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
  const double one = raw_inserts_per_second(host.folder(), 2'000, 10'700, 1, true);
  print({"durable webhooks of 10 KiB, 1 connection", rate(host, 1, 2'000, "a"), one, "/s", ""});
  const double many = raw_inserts_per_second(host.folder(), 16'000, 10'700, 16, true);
  print({"durable webhooks of 10 KiB, 16 connections", rate(host, 16, 16'000, "b"), many, "/s",
         ">= 0.8x raw group commit"});
}

}  // namespace bus::bench
