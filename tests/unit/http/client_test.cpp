#include "core/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/http/listen.h"
#include "tests/support/fake_http.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/http/raw_client.h"

namespace bus::http {
namespace {

using ::testing::HasSubstr;

class ClientTest : public ServerTest {
 protected:
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port) + path; }
  std::unique_ptr<HttpClient> client = make_client();
};

// A peer that answers every connection with the same bytes, and then waits for the client to close.
class Peer {
 public:
  explicit Peer(std::string bytes)
      : fd_(std::move(*listen_tcp("127.0.0.1", 0))), thread_([this, bytes] { run(bytes); }) {}
  ~Peer() { thread_.join(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_of(fd_.get())) + "/"; }

 private:
  void run(const std::string& bytes) {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return;
    const UniqueFd peer(::accept(fd_.get(), nullptr, nullptr));
    char buffer[4096];
    (void)!::recv(peer.get(), buffer, sizeof buffer, 0);
    (void)!::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (bytes.find("broken") == std::string::npos) {
      while (::recv(peer.get(), buffer, sizeof buffer, 0) > 0) {
      }
    }
  }
  UniqueFd fd_;
  std::thread thread_;
};

TEST_F(ClientTest, AsksAndGetsAnAnswer) {
  start();
  const auto answer = client->send({.url = url("/hello")});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->header("CONTENT-type"), "text/plain");
  EXPECT_EQ(answer->header("x"), std::nullopt);
}

TEST_F(ClientTest, SendsBodiesAndHeaders) {
  add("POST", "/headers", [](const Request& request) {
    return text(std::string(request.header("x-a").value_or("")) + ":" + request.body);
  });
  start();
  const std::string body(1 << 19, 'x');
  const auto answer =
      client->send({.method = "POST", .url = url("/headers"), .headers = {{"X-A", "b"}}, .body = body});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "b:" + body);
}

TEST_F(ClientTest, TakesAnyStatusForAnAnswer) {
  start();
  EXPECT_EQ(client->send({.url = url("/nothing")})->status, 404);
}

TEST_F(ClientTest, AsksOverAUnixSocket) {
  const testing::TempFolder folder;
  options.unix_path = folder / "s";
  start();
  const auto answer = client->send({.url = "http://bus/hello", .unix_socket = options.unix_path});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(client->send({.url = "http://bus/", .unix_socket = folder / "none"}).error().code,
            Code::unavailable);
}

TEST_F(ClientTest, TakesStreams) {
  add("GET", "/stream", [](const Request&) {
    Response response;
    response.stream = [](Sink& sink) { sink.write("one\n"), sink.write("two\n"); };
    return response;
  });
  start();
  EXPECT_EQ(client->send({.url = url("/stream")})->body, "one\ntwo\n");
}

TEST_F(ClientTest, SaysWhyThereIsNoAnswer) {
  start();
  EXPECT_EQ(client->send({.url = "https://127.0.0.1/"}).error().code, Code::invalid);
  EXPECT_EQ(client->send({.url = "no url"}).error().code, Code::invalid);
  EXPECT_EQ(client->send({.url = "http://127.0.0.1:1/"}).error().code, Code::unavailable);
  EXPECT_EQ(
      client->send({.method = "POST", .url = url("/echo"), .body = "12345", .max_body = 4}).error().code,
      Code::limit);
}

TEST_F(ClientTest, NoticesABrokenAnswer) {
  const Peer peer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken");
  EXPECT_EQ(client->send({.url = peer.url()}).error().code, Code::unavailable);
}

TEST_F(ClientTest, NoticesAnAnswerThatIsNone) {
  const Peer peer("broken\r\n\r\n");
  EXPECT_FALSE(client->send({.url = peer.url()}).ok());
}

TEST_F(ClientTest, GivesUpInTime) {
  const Peer peer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
  EXPECT_EQ(client->send({.url = peer.url(), .timeout = milliseconds(50)}).error().code, Code::timeout);
}

TEST(FakeHttp, AnswersFromItsScript) {
  testing::FakeHttp fake;
  ClientResponse first;
  first.status = 200;
  ClientResponse second;
  second.status = 304;
  fake.script("GET http://a/", first);
  fake.script("GET http://a/", second);
  EXPECT_EQ(fake.send({.url = "http://a/"})->status, 200);
  EXPECT_EQ(fake.send({.url = "http://a/"})->status, 304);
  EXPECT_EQ(fake.send({.url = "http://a/"})->status, 304);
  EXPECT_EQ(fake.send({.url = "http://b/"}).error().code, Code::unavailable);
  EXPECT_EQ(fake.asked().size(), 4u);
}

}  // namespace
}  // namespace bus::http
