#include "core/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/http/listen.h"
#include "tests/support/fake_http.h"
#include "tests/support/scripted_server.h"
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
  for (const char* bad :
       {"ftp://127.0.0.1/", "no url", "http://", "http://user:pass@127.0.0.1/", "http://a/\r\nX: y"})
    EXPECT_EQ(client->send({.url = bad}).error().code, Code::invalid) << bad;
  EXPECT_EQ(client->send({.url = url("/"), .headers = {{"A", "b\r\nC: d"}}}).error().code, Code::invalid);
  EXPECT_EQ(client->send({.url = url("/"), .headers = {{"Content-Length", "1"}}}).error().code,
            Code::invalid);
  EXPECT_EQ(client->send({.method = "GET /x", .url = url("/")}).error().code, Code::invalid);
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

TEST_F(ClientTest, FollowsRedirectsAsFarAsItMay) {
  testing::ScriptedServer one, two;
  one.answer("/a", "", "Location: /b\r\n", "302 Found");
  one.answer("/b", "", "Location: " + two.url("/c") + "\r\n", "307 Temporary Redirect");
  two.answer("/c", "there");
  ClientRequest request{.url = one.url("/a"), .headers = {{"Authorization", "Bearer x"}}, .max_redirects = 2};
  const auto answer = client->send(request);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "there");
  EXPECT_EQ(answer->url, two.url("/c"));
  EXPECT_THAT(one.asked().at(1), HasSubstr("Authorization: Bearer x"));
  EXPECT_THAT(two.asked().at(0), ::testing::Not(HasSubstr("Bearer")));
  request.max_redirects = 1;
  EXPECT_EQ(client->send(request).error().code, Code::limit);
  request.max_redirects = 0;
  EXPECT_EQ(client->send(request)->status, 302);
}

TEST_F(ClientTest, IsCancelledWhileItWaits) {
  testing::ScriptedServer scripted;
  scripted.script("/", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", true);
  const auto cancel = std::make_shared<Cancel>();
  std::thread other([&] {
    while (scripted.asked().empty()) std::this_thread::yield();
    cancel->cancel();
  });
  EXPECT_EQ(client->send({.url = scripted.url("/"), .cancel = cancel}).error().code, Code::stopping);
  other.join();
  EXPECT_EQ(client->send({.url = scripted.url("/"), .cancel = cancel}).error().code, Code::stopping);
}

TEST_F(ClientTest, AsksThroughAProxy) {
  testing::ScriptedServer proxy;
  proxy.answer("http://far.example/x?y", "by proxy");
  const std::string where = proxy.url("/");
  const auto by_proxy = make_client({.proxies = Proxies::from([&](const char* name) -> const char* {
                                       return std::string_view(name) == "all_proxy" ? where.c_str() : nullptr;
                                     })});
  const auto answer = by_proxy->send({.url = "http://far.example/x?y"});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "by proxy");
  const auto refused = by_proxy->send({.url = "https://far.example/"});
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("answered 404"));
  EXPECT_THAT(proxy.asked().at(1), HasSubstr("CONNECT far.example:443 HTTP/1.1"));
}

TEST_F(ClientTest, TakesARefusalOfABodyThatIsNotRead) {
  testing::ScriptedServer scripted;
  scripted.answer("/", "no", "", "413 Content Too Large");
  const auto answer =
      client->send({.method = "POST", .url = scripted.url("/"), .body = std::string(100, 'x')});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 413);
}

TEST_F(ClientTest, ErrorsDoNotTellThePath) {
  const auto answer = client->send({.url = "http://127.0.0.1:1/secret-token"});
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(answer.error().message, ::testing::Not(HasSubstr("secret")));
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
