// A server that says what the test wrote, byte for byte, and remembers what it was asked. Speaks TLS if it is
// given a way to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/unique_fd.h"

namespace bus::testing {

// The bytes to and from one client. For plain TCP or what somebody puts over it.
class PeerStream {
 public:
  virtual ~PeerStream() = default;
  virtual long receive(char* buffer, std::size_t capacity) = 0;  // as recv()
  virtual void send(std::string_view bytes) = 0;                 // failures are the client's business
};

// Safe for concurrent use. Every connection is served by a thread of its own, for one request.
class ScriptedServer {
 public:
  using Wrap = std::function<std::unique_ptr<PeerStream>(int fd)>;

  explicit ScriptedServer(Wrap wrap = {}) : wrap_(std::move(wrap)) {
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(fd_.get(), 64) != 0 ||
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&where), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(where.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    ending_.store(true);
    ::shutdown(fd_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path, const std::string& scheme = "http",
                  const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(port_) + path;
  }

  // What is sent for a request to that target. Then the connection is closed, or left open until the client
  // goes.
  void script(const std::string& target, std::string bytes, bool leave_open = false) {
    MutexLock lock(mutex_);
    answers_[target] = {std::move(bytes), leave_open};
  }
  void answer(const std::string& target, const std::string& body, const std::string& headers = "",
              const std::string& status = "200 OK") {
    script(target, "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                       headers + "\r\n" + body);
  }

  // Head and body of every request, in order.
  std::vector<std::string> asked() const {
    MutexLock lock(mutex_);
    return asked_;
  }

 private:
  struct Answer {
    std::string bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    bool leave_open = false;
  };
  class Plain final : public PeerStream {
   public:
    explicit Plain(int fd) : fd_(fd) {}
    long receive(char* buffer, std::size_t capacity) override { return ::recv(fd_, buffer, capacity, 0); }
    void send(std::string_view bytes) override {
      while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
      }
    }

   private:
    const int fd_;
  };

  void accept_all() {
    while (!ending_.load()) {
      UniqueFd peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) return;
      threads_.emplace_back([this, fd = std::move(peer)] { serve(fd.get()); });
    }
  }
  void serve(int fd) {
    const std::unique_ptr<PeerStream> stream = wrap_ ? wrap_(fd) : std::make_unique<Plain>(fd);
    if (stream == nullptr) return;
    std::string request;
    char buffer[4096];
    while (!whole(request)) {
      const long n = stream->receive(buffer, sizeof buffer);
      if (n <= 0) return;
      request.append(buffer, static_cast<std::size_t>(n));
    }
    const std::size_t space = request.find(' ') + 1;
    const Answer answer = note(request, request.substr(space, request.find(' ', space) - space));
    stream->send(answer.bytes);
    while (answer.leave_open && stream->receive(buffer, sizeof buffer) > 0) {
    }
    ::shutdown(fd, SHUT_WR);
  }
  static bool whole(const std::string& request) {
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t length = request.find("Content-Length: ");
    return length == std::string::npos || request.size() >= end + 4 + std::stoul(request.substr(length + 16));
  }
  Answer note(const std::string& request, const std::string& target) {
    MutexLock lock(mutex_);
    asked_.push_back(request);
    return answers_[target];
  }

  const Wrap wrap_;
  UniqueFd fd_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::thread acceptor_;
  std::vector<std::thread> threads_;  // of the acceptor, until it has ended
  mutable Mutex mutex_;
  std::map<std::string, Answer> answers_ BUS_GUARDED_BY(mutex_);
  std::vector<std::string> asked_ BUS_GUARDED_BY(mutex_);
};

}  // namespace bus::testing
