// An HTTP server that takes everything: one thread, connections kept or not, 204 for each request.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/text.h"
#include "core/base/unique_fd.h"

namespace bus::bench {

class Taker {
 public:
  Taker() {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int ends[2];
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 512) != 0 || ::pipe2(ends, O_CLOEXEC) != 0) {
      std::exit(1);
    }
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    stop_read_.reset(ends[0]);
    stop_.reset(ends[1]);
    thread_ = std::thread([this] { serve(); });
  }
  ~Taker() {
    stop_.reset();
    thread_.join();
  }
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;

  int port() const { return port_; }
  // The largest body that came since the last call.
  std::string take_body() {
    const std::lock_guard lock(mutex_);
    return std::exchange(body_, {});
  }

 private:
  struct Peer {
    UniqueFd fd;
    std::string text;
  };

  void serve() {
    std::vector<Peer> peers;
    std::vector<pollfd> ready;
    for (;;) {
      ready = {{stop_read_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const Peer& peer : peers) ready.push_back({peer.fd.get(), POLLIN, 0});
      if (::poll(ready.data(), ready.size(), -1) < 0 || ready[0].revents != 0) return;
      for (std::size_t i = peers.size(); i-- > 0;) {
        if (ready[i + 2].revents != 0 && !read(peers[i]))
          peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if (ready[1].revents == 0) continue;
      Peer peer{UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), {}};
      const int on = 1;
      ::setsockopt(peer.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (peer.fd) peers.push_back(std::move(peer));
    }
  }

  // False: the peer has gone.
  bool read(Peer& peer) {
    char piece[256u << 10];
    const ssize_t n = ::recv(peer.fd.get(), piece, sizeof piece, 0);
    if (n <= 0) return false;
    peer.text.append(piece, static_cast<std::size_t>(n));
    for (;;) {
      const std::size_t head = peer.text.find("\r\n\r\n");
      if (head == std::string::npos) return true;
      const std::string names = lower_ascii(peer.text.substr(0, head));
      const std::size_t length = names.find("content-length: ");
      const std::size_t size = length == std::string::npos ? 0 : std::stoul(names.substr(length + 16));
      if (peer.text.size() < head + 4 + size) return true;
      keep(std::string_view(peer.text).substr(head + 4, size));
      peer.text.erase(0, head + 4 + size);
      constexpr std::string_view kTaken = "HTTP/1.1 204 No Content\r\n\r\n";
      if (::send(peer.fd.get(), kTaken.data(), kTaken.size(), MSG_NOSIGNAL) < 0) return false;
    }
  }

  void keep(std::string_view body) {
    const std::lock_guard lock(mutex_);
    if (body.size() > body_.size()) body_ = body;
  }

  UniqueFd listener_, stop_read_, stop_;
  int port_ = 0;
  std::mutex mutex_;
  std::string body_;
  std::thread thread_;
};

}  // namespace bus::bench
