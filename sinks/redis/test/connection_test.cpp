// Against a server that says what the test wants, over a unix socket.
#include "sinks/redis/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace bus::redis {
namespace {

// What is answered on one connection.
using Life = std::vector<std::string>;

// Takes connections one after the other. Of each it reads commands (arrays of bulk strings) and answers them
// in turn with the given texts; then it closes.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Life> lives) : lives_(std::move(lives)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path().c_str(), sizeof name.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  Address address() const {
    Address out;
    out.path = path();
    return out;
  }

 private:
  std::string path() const { return folder_ / "socket"; }
  void serve() const {
    for (const auto& answers : lives_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      for (const std::string& answer : answers) {
        skip_command(fd);
        EXPECT_EQ(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(answer.size()));
      }
      ::close(fd);
    }
  }
  static int line(int fd) {
    std::string text;
    char c = 0;
    while (::read(fd, &c, 1) == 1 && c != '\n') text += c;
    return text.size() < 2 ? 0 : std::stoi(text.substr(1));
  }
  static void skip_command(int fd) {
    for (int words = line(fd); words > 0; --words) {
      std::string word(static_cast<std::size_t>(line(fd)) + 2, '\0');
      for (std::size_t at = 0; at < word.size();) {
        const ssize_t got = ::read(fd, word.data() + at, word.size() - at);
        if (got <= 0) return;
        at += static_cast<std::size_t>(got);
      }
    }
  }

  testing::TempFolder folder_;
  std::vector<Life> lives_;
  int listener_ = -1;
  std::thread thread_;
};

std::vector<std::string> errors_of(Connection& connection, std::size_t count, Status& ran) {
  std::vector<std::string> errors;
  ran = connection.run(std::vector<Connection::Command>(count, {"XADD", "bus", "*"}),
                       [&](std::size_t, std::string_view error) { errors.emplace_back(error); });
  return errors;
}

TEST(Connection, NobodyThere) {
  Address nowhere;
  nowhere.path = "/nonexistent/socket";
  Connection connection;
  EXPECT_EQ(connection.open({nowhere}, {}).code(), Code::unavailable);
}

TEST(Connection, TheFirstThatAnswersAndLetsUsIn) {
  ScriptedServer loading({Life{"+OK\r\n", "-LOADING Redis is loading\r\n"}});
  ScriptedServer good({Life{"+OK\r\n", "+PONG\r\n", "+1-1\r\n"}});
  Connection connection;
  ASSERT_TRUE(connection.open({loading.address(), good.address()}, {"", "word"}).ok());
  Status ran;
  EXPECT_EQ(errors_of(connection, 1, ran), std::vector<std::string>{""});
  EXPECT_TRUE(ran.ok());
}

TEST(Connection, ALoginThatIsWrong) {
  ScriptedServer server({Life{"-WRONGPASS invalid username-password pair\r\n", "-NOAUTH\r\n"}});
  Connection connection;
  EXPECT_EQ(connection.open({server.address()}, {"me", "word"}).code(), Code::denied);
}

TEST(Connection, AnswersComeInOrder) {
  ScriptedServer server({Life{"+PONG\r\n", "$3\r\n1-1\r\n", "-OOM no\r\n", "$3\r\n1-2\r\n"}});
  Connection connection;
  ASSERT_TRUE(connection.open({server.address()}, {}).ok());
  Status ran;
  EXPECT_EQ(errors_of(connection, 3, ran), (std::vector<std::string>{"", "OOM no", ""}));
  EXPECT_TRUE(ran.ok());
}

TEST(Connection, LostInTheMiddle) {
  ScriptedServer server({Life{"+PONG\r\n", "$3\r\n1-1\r\n"}, Life{"+PONG\r\n"}});
  Connection connection;
  ASSERT_TRUE(connection.open({server.address()}, {}).ok());
  Status ran;
  EXPECT_EQ(errors_of(connection, 3, ran), std::vector<std::string>{""});
  EXPECT_EQ(ran.code(), Code::unavailable);
  EXPECT_TRUE(connection.open({server.address()}, {}).ok()) << "it connects anew";
}

TEST(Connection, WhatIsNoAnswer) {
  ScriptedServer server({Life{"+PONG\r\n", "HTTP/1.1 400 Bad Request\r\n"}});
  Connection connection;
  ASSERT_TRUE(connection.open({server.address()}, {}).ok());
  Status ran;
  EXPECT_TRUE(errors_of(connection, 1, ran).empty());
  EXPECT_EQ(ran.code(), Code::unavailable);
}

}  // namespace
}  // namespace bus::redis
