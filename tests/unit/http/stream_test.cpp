#include "core/http/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/unit/http/raw_client.h"

namespace bus::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kGetStream = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";

class StreamTest : public ServerTest {
 protected:
  Router::Id add_stream(std::function<void(Sink&)> stream) {
    return add("GET", "/stream", [stream = std::move(stream)](const Request&) {
      Response response;
      response.content_type = "application/x-ndjson";
      response.stream = stream;
      return response;
    });
  }
  // A stream that writes a line and then waits until it is closed.
  Router::Id add_endless() {
    return add_stream([this](Sink& sink) {
      std::promise<void> closed;
      sink.on_close([&] { closed.set_value(); });
      sink.write("begun\n");
      closed.get_future().wait();
      EXPECT_TRUE(sink.closed());
      EXPECT_FALSE(sink.write("more"));
      ++ended;
    });
  }
  void wait_for_end() {
    while (ended == 0) std::this_thread::yield();
  }
  std::atomic<int> ended = 0;
};

TEST_F(StreamTest, IsChunked) {
  add_stream([](Sink& sink) {
    EXPECT_TRUE(sink.write("one\n"));
    EXPECT_TRUE(sink.write(""));
    EXPECT_TRUE(sink.write("two\n"));
  });
  start();
  RawClient client(port);
  client.send(kGetStream);
  const std::string response = client.rest();
  EXPECT_THAT(response, HasSubstr("Transfer-Encoding: chunked\r\nConnection: close\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n"));
}

TEST_F(StreamTest, EndsWithTheConnectionForOldClients) {
  add_stream([](Sink& sink) { sink.write("one\n"); });
  start();
  RawClient client(port);
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  const std::string response = client.rest();
  EXPECT_THAT(response, Not(HasSubstr("chunked")));
  EXPECT_THAT(response, EndsWith("\r\n\r\none\n"));
}

TEST_F(StreamTest, IsOnlyAHeadForHead) {
  add_endless();
  start();
  RawClient client(port);
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.rest(), EndsWith("\r\n\r\n"));
  EXPECT_EQ(ended, 0);
}

TEST_F(StreamTest, IsNotWholeWhenItThrows) {
  add_stream([](Sink& sink) {
    sink.write("one\n");
    throw std::runtime_error("broken");
  });
  start();
  RawClient client(port);
  client.send(kGetStream);
  EXPECT_THAT(client.rest(), EndsWith("4\r\none\n\r\n"));
  EXPECT_EQ(registry.counter("bus_http_handler_failures_total", "", {{"route", "GET /stream"}}).value(), 1);
}

TEST_F(StreamTest, ClosesWhenTheClientGoes) {
  add_endless();
  start();
  {
    RawClient client(port);
    client.send(kGetStream);
    client.until("begun");
  }
  wait_for_end();
}

TEST_F(StreamTest, ClosesWhenTheServerStops) {
  add_endless();
  start();
  RawClient client(port);
  client.send(kGetStream);
  client.until("begun");
  EXPECT_TRUE(server->stop().ok());
  EXPECT_EQ(ended, 1);
}

TEST_F(StreamTest, ClosesWhenItsRouteIsRemoved) {
  const auto id = add_endless();
  start();
  RawClient client(port);
  client.send(kGetStream);
  client.until("begun");
  router.remove(id);
  EXPECT_EQ(ended, 1);
}

TEST_F(StreamTest, StreamsAreBoundedAndHoldNoWorker) {
  options.max_streams = 2;
  options.workers = 1;
  add_endless();
  start();
  RawClient first(port);
  RawClient second(port);
  for (RawClient* client : {&first, &second}) {
    client->send(kGetStream);
    client->until("begun");
  }
  EXPECT_EQ(status_of(RawClient(port).ask(kGetStream)), 503);
  EXPECT_EQ(refused("streams"), 1);
  EXPECT_THAT(RawClient(port).ask(kGet), EndsWith("hello"));
}

TEST_F(StreamTest, AClientThatDoesNotReadIsLetGo) {
  options.write_deadline = milliseconds(30);
  add_stream([this](Sink& sink) {
    const std::string block(1 << 20, 'x');
    while (sink.write(block)) {
    }
    ++ended;
  });
  start();
  RawClient client(port, 4096);
  client.send(kGetStream);
  wait_for_end();
}

}  // namespace
}  // namespace bus::http
