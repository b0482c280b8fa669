// Sends signed deliveries over one connection, as GitHub does.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdio>
#include <string>

#include "core/auth/hmac.h"
#include "core/base/text.h"
#include "core/base/unique_fd.h"
#include "tests/bench/bench.h"

namespace bus::bench {

class Sender {
 public:
  // `path` is where the deliveries go; `body` must outlive this.
  Sender(int port, const std::string& body, const std::string& path = "/webhook") : body_(body) {
    const std::string signature = hex(auth::view(auth::HmacKey(Secret(HostProcess::kSecret)).sign({body})));
    head_ = "POST " + path +
            " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-GitHub-Event: "
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
  int fd() const { return fd_.get(); }
  void send(const std::string& delivery) {
    std::string head = head_ + delivery + "\r\n\r\n";
    iovec parts[] = {{head.data(), head.size()}, {const_cast<char*>(body_.data()), body_.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    (void)::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  }
  // True for 202, or any other that is asked for.
  bool receive(const char* status = "202") {
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
      if (got.size() >= end + 4 + body) return got.compare(9, 3, status) == 0;
    }
  }

 private:
  const std::string& body_;
  std::string head_;
  UniqueFd fd_;
};

}  // namespace bus::bench
