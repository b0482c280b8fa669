// A client that sends exactly the bytes it is given, and a server to send them to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/http/server.h"

namespace bus::http {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) {
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer != 0) {
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  }
  explicit RawClient(const std::string& unix_path) {
    fd_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, unix_path.c_str(), sizeof where.sun_path - 1);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void end_of_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  // One response with its body, by its framing. What follows stays for the next call. HEAD has no body.
  std::string response(bool head = false) {
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::exchange(in_, {});
    }
    std::size_t size = end + 4;
    const std::size_t at = in_.find("Content-Length: ");
    if (!head && at < end) size += std::stoul(in_.substr(at + 16));
    while (in_.size() < size && more()) {
    }
    std::string out = in_.substr(0, size);
    in_.erase(0, size);
    return out;
  }
  std::string ask(std::string_view bytes) {
    send(bytes);
    return response();
  }
  // All that comes until `text` is there, or until the end.
  std::string until(std::string_view text) {
    while (in_.find(text) == std::string::npos && more()) {
    }
    return in_;
  }
  // All that comes until the server closes.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(in_, {});
  }
  int fd() const { return fd_.get(); }

 private:
  bool more() {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 20'000) != 1) {
      ADD_FAILURE() << "the server says nothing; so far: " << in_;
      return false;
    }
    char buffer[65536];
    const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    in_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  UniqueFd fd_;
  std::string in_;
};

inline int status_of(std::string_view response) {
  return response.size() > 12 && response.starts_with("HTTP/1.1 ")
             ? std::stoi(std::string(response.substr(9, 3)))
             : 0;
}

inline std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

inline constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

// A server on a free port with a few routes.
class ServerTest : public ::testing::Test {
 protected:
  // Handlers may look at the members of a derived test.
  void TearDown() override { server.reset(); }
  void start() {
    add("GET", "/hello", [](const Request&) { return text("hello"); });
    add("POST", "/echo", [](const Request& request) { return text(request.body); });
    server.emplace(options, router, registry, system_clock());
    auto began = server->start();
    ASSERT_TRUE(began.ok()) << began.error().message;
    port = *began;
  }
  static Response text(std::string body) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
  }
  Router::Id add(std::string method, std::string path, Handler handler, std::size_t max_body = 1 << 20) {
    auto id = router.add({std::move(method), std::move(path), max_body, std::move(handler)});
    EXPECT_TRUE(id.ok());
    return id ? *id : 0;
  }
  double refused(const std::string& reason) {
    return registry.counter("bus_http_refused_total", "", {{"reason", reason}}).value();
  }

  static Options test_options() {
    Options options;
    options.port = 0;
    options.workers = 4;
    return options;
  }

  Options options = test_options();
  metrics::Registry registry;
  Router router{registry};
  std::optional<Server> server;
  std::uint16_t port = 0;
};

}  // namespace bus::http
