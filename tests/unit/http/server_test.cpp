#include "core/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

#include "tests/support/temp_folder.h"
#include "tests/unit/http/raw_client.h"

namespace bus::http {
namespace {

using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  RawClient client(port);
  for (int i = 0; i < 3; ++i) {
    const std::string response = client.ask(kGet);
    EXPECT_EQ(status_of(response), 200);
    EXPECT_THAT(response, EndsWith("\r\n\r\nhello"));
    EXPECT_THAT(response, Not(HasSubstr("Connection:")));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(port);
  std::string all;
  for (int i = 0; i < 200; ++i) all += post("/echo", std::to_string(i));
  client.send(all);
  for (int i = 0; i < 200; ++i) EXPECT_THAT(client.response(), EndsWith("\r\n\r\n" + std::to_string(i)));
}

TEST_F(ServerTest, TakesARequestByteForByte) {
  start();
  RawClient client(port);
  for (const char c : post("/echo", "body")) client.send({&c, 1});
  EXPECT_THAT(client.response(), EndsWith("\r\n\r\nbody"));
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  start();
  RawClient client(port);
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = client.response(true);
  EXPECT_THAT(response, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n"));
  EXPECT_THAT(client.ask(kGet), EndsWith("hello"));
}

TEST_F(ServerTest, SaysContinueWhenItIsExpected) {
  start();
  RawClient client(port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.ask("body"), EndsWith("\r\n\r\nbody"));
}

TEST_F(ServerTest, RefusesATooLongBodyInsteadOfSayingContinue) {
  add(
      "POST", "/small", [](const Request&) { return Response{}; }, 3);
  start();
  RawClient client(port);
  EXPECT_EQ(status_of(client.ask(
                "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")),
            413);
}

TEST_F(ServerTest, TakesChunkedBodies) {
  start();
  RawClient client(port);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(client.ask(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), EndsWith("\r\n\r\nabcde"));
  EXPECT_EQ(status_of(client.ask(head + "x\r\n")), 400);
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerTest, TakesBigBodiesAndGivesBigAnswers) {
  add(
      "POST", "/big", [](const Request& request) { return text(request.body); }, 32 << 20);
  start();
  std::string body(8 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>(i);
  RawClient client(port);
  // The answer is taken only after the whole body was sent: the server must not wait for that with a worker.
  EXPECT_THAT(client.ask(post("/big", body)), EndsWith(body));
  EXPECT_THAT(client.ask(kGet), EndsWith("hello"));
}

TEST_F(ServerTest, GivesHandlersTheWholeRequest) {
  std::string seen;
  add("GET", "/seen/*", [&](const Request& request) {
    seen = std::string(request.method) + " " + std::string(request.path) + " " + std::string(request.query) +
           " " + std::string(request.header("x-a").value_or("")) + " " +
           (request.is_local ? "local" : "remote") + " " + request.peer.substr(0, 10);
    return Response{};
  });
  start();
  RawClient(port).ask("GET /seen/it?x=%20 HTTP/1.1\r\nHost: a\r\nX-A: b c\r\n\r\n");
  EXPECT_EQ(seen, "GET /seen/it x=%20 b c remote 127.0.0.1:");
}

TEST_F(ServerTest, ServesItsOwnUserOverAUnixSocket) {
  const testing::TempFolder folder;
  options.unix_path = folder / "http.sock";
  add("GET", "/local", [](const Request& request) { return text(request.is_local ? "yes" : "no"); });
  start();
  RawClient client(options.unix_path);
  EXPECT_THAT(client.ask("GET /local HTTP/1.1\r\nHost: a\r\n\r\n"), EndsWith("yes"));
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(options.unix_path));
}

TEST_F(ServerTest, RefusesInJsonAndCloses) {
  start();
  const std::pair<std::string, int> kCases[] = {
      {"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404},
      {"DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\nHost: a\n\n", 400},
      {"GET /hello\r\n\r\n", 400},
      {"\x16\x03\x01\x02", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n", 400},
      {"GET /hello HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {"GET /" + std::string(5000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET /hello HTTP/1.1\r\nA: " + std::string(9000, 'x') + "\r\n\r\n", 431},
      {"GET /hello HTTP/1.1\r\nA: " + std::string(20'000, 'x'), 431},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nx", 501},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n", 413},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: cake\r\nContent-Length: 1\r\n\r\nx", 417},
  };
  for (const auto& [bytes, status] : kCases) {
    RawClient client(port);
    const std::string response = client.ask(bytes);
    EXPECT_EQ(status_of(response), status) << bytes.substr(0, 60);
    EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(response, HasSubstr("\r\n\r\n{\"error\":{\"code\":\""));
    EXPECT_EQ(client.rest(), "");
  }
  EXPECT_THAT(RawClient(port).ask("PUT /echo HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("Allow: POST\r\n"));
  EXPECT_EQ(refused("no_such_route"), 1);
  EXPECT_EQ(refused("method"), 2);
}

// The body of a refused request looks like a request: it must not be answered as one.
TEST_F(ServerTest, NeverTakesARefusedBodyForARequest) {
  add("POST", "/deny", [](const Request&) { return refuse(401, "denied", "no"); });
  start();
  const std::string hidden(kGet);
  for (const std::string& bytes :
       {post("/nothing", hidden), post("/deny", hidden),
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n" + hidden}) {
    RawClient client(port);
    EXPECT_THAT(status_of(client.ask(bytes)), AnyOf(401, 404, 413));
    EXPECT_EQ(client.rest(), "");
  }
}

TEST_F(ServerTest, CountsAHandlerThatThrowsAndGoesOn) {
  add("GET", "/throws", [](const Request&) -> Response { throw std::runtime_error("secret words"); });
  start();
  const std::string response = RawClient(port).ask("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(response), 500);
  EXPECT_THAT(response, Not(HasSubstr("secret words")));
  EXPECT_THAT(RawClient(port).ask(kGet), EndsWith("hello"));
  EXPECT_EQ(registry.counter("bus_http_handler_failures_total", "", {{"route", "GET /throws"}}).value(), 1);
}

TEST_F(ServerTest, TakesOldClients) {
  start();
  RawClient client(port);
  EXPECT_THAT(client.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(client.ask("GET /hello HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerTest, TakesAClientThatHasStoppedSending) {
  start();
  RawClient client(port);
  client.send(kGet);
  client.end_of_sending();
  EXPECT_THAT(client.rest(), EndsWith("hello"));
}

TEST_F(ServerTest, CountsWhatItDoes) {
  start();
  RawClient(port).ask(kGet);
  RawClient(port).ask(kGet);
  const std::string shown = registry.text();
  EXPECT_THAT(shown, HasSubstr("bus_http_requests_total{route=\"GET /hello\",status=\"2xx\"} 2\n"));
  EXPECT_THAT(shown, HasSubstr("bus_http_request_duration_seconds_count{route=\"GET /hello\"} 2\n"));
}

TEST_F(ServerTest, RemovesARouteWhenItsHandlersHaveEnded) {
  std::promise<void> inside;
  std::promise<void> go_on;
  std::atomic<bool> ended = false;
  const auto id = add("GET", "/slow", [&](const Request&) {
    inside.set_value();
    go_on.get_future().wait();
    ended = true;
    return text("done");
  });
  start();
  RawClient client(port);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  inside.get_future().wait();
  auto removed = std::async(std::launch::async, [&] {
    router.remove(id);
    return ended.load();
  });
  go_on.set_value();
  EXPECT_TRUE(removed.get());
  EXPECT_THAT(client.response(), EndsWith("done"));
  EXPECT_EQ(status_of(client.ask("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")), 404);
}

TEST_F(ServerTest, AnswersWhatItHasBegunWhenItStops) {
  std::promise<void> inside;
  std::promise<void> go_on;
  add("GET", "/slow", [&](const Request&) {
    inside.set_value();
    go_on.get_future().wait();
    return text(std::string(4 << 20, 'x'));
  });
  start();
  RawClient idle(port);
  RawClient half(port);
  half.send("GET /hello HT");
  RawClient client(port);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  inside.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { return server->stop().ok(); });
  EXPECT_EQ(idle.rest(), "");  // closed while the handler still runs
  EXPECT_EQ(half.rest(), "");
  go_on.set_value();
  EXPECT_THAT(client.response(), EndsWith("xxxx"));
  EXPECT_TRUE(stopped.get());
  EXPECT_TRUE(server->stop().ok());
}

TEST_F(ServerTest, SaysWhichHandlersDidNotEnd) {
  std::promise<void> inside;
  std::promise<void> go_on;
  add("GET", "/stuck", [&](const Request&) {
    inside.set_value();
    go_on.get_future().wait();
    return Response{};
  });
  options.stop_grace = milliseconds(30);
  start();
  RawClient client(port);
  client.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n");
  inside.get_future().wait();
  const Status stopped = server->stop();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, Code::timeout);
  EXPECT_THAT(stopped.error().message, HasSubstr("1 "));
  go_on.set_value();
  while (!server->stop()) std::this_thread::yield();  // else the server would be left behind
}

// What the handler that never returns holds is never freed.
TEST(Server, LeavesAHandlerBehindThatNeverReturns) {
  const auto registry = new metrics::Registry;
  const auto router = new Router(*registry);
  const auto inside = std::make_shared<std::promise<void>>();
  const auto never = std::make_shared<std::promise<void>>();
  const Handler stuck = [=](const Request&) {
    inside->set_value();
    never->get_future().wait();
    return Response{};
  };
  ASSERT_TRUE(router->add({"GET", "/stuck", 0, stuck}).ok());
  Options options;
  options.port = 0;
  options.stop_grace = milliseconds(30);
  auto server = std::make_unique<Server>(options, *router, *registry, system_clock());
  const auto port = server->start();
  ASSERT_TRUE(port.ok());
  RawClient client(*port);
  client.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n");
  inside->get_future().wait();
  server.reset();
  EXPECT_NE(never, nullptr);
}

TEST_F(ServerTest, MayBeStoppedWithoutAStart) {
  Server never(options, router, registry, system_clock());
  EXPECT_TRUE(never.stop().ok());
  EXPECT_TRUE(never.stop().ok());
}

TEST_F(ServerTest, SaysThatThePortIsTaken) {
  start();
  options.port = port;
  Server second(options, router, registry, system_clock());
  const auto began = second.start();
  ASSERT_FALSE(began.ok());
  EXPECT_EQ(began.error().code, Code::conflict);
}

TEST_F(ServerTest, ServesManyAtATime) {
  start();
  std::vector<std::future<int>> clients;
  for (int c = 0; c < 8; ++c) {
    clients.push_back(std::async(std::launch::async, [&, c] {
      int good = 0;
      for (int k = 0; k < 5; ++k) {
        RawClient client(port);
        for (int i = 0; i < 20; ++i) {
          const std::string body = std::to_string(c) + "/" + std::to_string(i);
          good += client.ask(post("/echo", body)).ends_with("\r\n\r\n" + body) ? 1 : 0;
        }
      }
      return good;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 100);
}

}  // namespace
}  // namespace bus::http
