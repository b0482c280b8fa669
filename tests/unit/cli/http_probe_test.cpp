#include "core/cli/http_probe.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "core/base/file.h"
#include "core/base/unique_fd.h"

namespace bus::cli {
namespace {

using ::testing::HasSubstr;

// Answers one connection with `answer`, whatever is asked.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::array<char, 4096> request{};
      const ssize_t n = ::recv(peer.get(), request.data(), request.size(), 0);
      asked_.assign(request.data(), static_cast<std::size_t>(n));
      EXPECT_TRUE(write_all(peer.get(), answer));
      ::shutdown(peer.get(), SHUT_WR);
    });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
  }
  std::uint16_t port() const { return port_; }
  const std::string& asked() {
    thread_.join();
    return asked_;
  }

 private:
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::string asked_;
  std::thread thread_;
};

TEST(HttpProbe, AsksAndReadsTheAnswer) {
  OneAnswer server("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok");
  const auto answer =
      probe_http(server.port(), {"POST", "/webhook", {{"X-A", "b"}}, "body"}, milliseconds(60'000));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->body, "ok");
  const std::string& asked = server.asked();
  EXPECT_THAT(asked, HasSubstr("POST /webhook HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("X-A: b\r\n"));
  EXPECT_THAT(asked, HasSubstr("Content-Length: 4\r\n"));
}

TEST(HttpProbe, ReadsChunks) {
  OneAnswer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
  const auto answer = probe_http(server.port(), {.path = "/"}, milliseconds(60'000));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "abcd");
}

TEST(HttpProbe, WhatIsNoHttp) {
  OneAnswer server("SSH-2.0-OpenSSH\r\n");
  const auto answer = probe_http(server.port(), {.path = "/"}, milliseconds(60'000));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::invalid);
}

}  // namespace
}  // namespace bus::cli
