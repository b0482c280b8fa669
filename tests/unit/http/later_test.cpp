// Handlers that answer later.
#include "core/http/later.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <list>
#include <stdexcept>
#include <thread>

#include "core/base/mutex.h"
#include "tests/unit/http/raw_client.h"

namespace bus::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class LaterTest : public ServerTest {
 protected:
  void TearDown() override {
    server.reset();
    for (const auto& [body, reply] : owed_) EXPECT_FALSE(reply->send(text("nobody hears it")));
  }
  // "/owed" keeps each reply until owed() asks for it; "/now" answers in the handler.
  void start_owing(milliseconds patience = milliseconds(60'000)) {
    add_later(
        "/owed",
        [this](Request& request, const std::shared_ptr<Reply>& reply) {
          MutexLock lock(mutex_);
          owed_.emplace_back(std::move(request.body), reply);
          came_.notify_all();
        },
        patience);
    add_later("/now", [](Request& request, const std::shared_ptr<Reply>& reply) {
      EXPECT_TRUE(reply->send(text(request.body)));
      EXPECT_FALSE(reply->is_awaited());
      EXPECT_FALSE(reply->send(text("a second answer")));
    });
    start();
  }
  void add_later(const std::string& path, LaterHandler handler,
                 milliseconds patience = milliseconds(60'000)) {
    Route route;
    route.method = "POST";
    route.path = path;
    route.later = std::move(handler);
    route.patience = patience;
    const auto id = router.add(std::move(route));
    ASSERT_TRUE(id.ok());
    last_ = *id;
  }
  std::pair<std::string, std::shared_ptr<Reply>> owed() {
    MutexLock lock(mutex_);
    while (owed_.empty()) came_.wait(mutex_);
    auto first = std::move(owed_.front());
    owed_.pop_front();
    return first;
  }

  Router::Id last_ = 0;
  Mutex mutex_;
  CondVar came_;
  std::list<std::pair<std::string, std::shared_ptr<Reply>>> owed_;
};

TEST_F(LaterTest, AnswersFromAnotherThread) {
  start_owing();
  RawClient client(port);
  for (int i = 0; i < 3; ++i) {
    client.send(post("/owed", "body"));
    const auto [body, reply] = owed();
    EXPECT_TRUE(reply->is_awaited());
    EXPECT_TRUE(reply->send(text("to " + body)));
    EXPECT_FALSE(reply->is_awaited());
    EXPECT_FALSE(reply->send(text("again")));
    EXPECT_THAT(client.response(), EndsWith("\r\n\r\nto body"));
  }
  EXPECT_THAT(registry.text(), HasSubstr("bus_http_requests_total{route=\"POST /owed\",status=\"2xx\"} 3\n"));
}

TEST_F(LaterTest, HoldsNoWorkerAndNoOtherClient) {
  options.workers = 1;
  start_owing();
  std::list<RawClient> waiting;
  for (int i = 0; i < 50; ++i) waiting.emplace_back(port).send(post("/owed", std::to_string(i)));
  EXPECT_THAT(RawClient(port).ask(kGet), EndsWith("hello"));
  for (int i = 0; i < 50; ++i) {
    const auto [body, reply] = owed();
    EXPECT_TRUE(reply->send(text(body)));
  }
  int i = 0;
  for (RawClient& client : waiting)
    EXPECT_THAT(client.response(), EndsWith("\r\n\r\n" + std::to_string(i++)));
}

TEST_F(LaterTest, AnswersPipelinedRequestsInOrder) {
  start_owing();
  RawClient client(port);
  std::string all;
  for (int i = 0; i < 100; ++i) all += post(i % 3 == 0 ? "/owed" : "/now", std::to_string(i));
  client.send(all);
  for (int i = 0; i < 100; ++i) {
    if (i % 3 == 0) {
      const auto [body, reply] = owed();
      EXPECT_TRUE(reply->send(text(body)));
    }
    EXPECT_THAT(client.response(), EndsWith("\r\n\r\n" + std::to_string(i)));
  }
}

TEST_F(LaterTest, TakesBigBodies) {
  start_owing();
  const std::string big(900'000, 'b');
  EXPECT_THAT(RawClient(port).ask(post("/now", big)), EndsWith(big));
  RawClient client(port);
  client.send(post("/owed", big));
  const auto [body, reply] = owed();
  EXPECT_EQ(body, big);
  EXPECT_TRUE(reply->send(text(big)));
  EXPECT_THAT(client.response(), EndsWith(big));
}

TEST_F(LaterTest, SaysWhenThePatienceIsOver) {
  start_owing(milliseconds(20));
  RawClient client(port);
  const std::string late = client.ask(post("/owed", "x"));
  EXPECT_EQ(status_of(late), 503);
  EXPECT_THAT(late, HasSubstr("timeout"));
  const auto [body, reply] = owed();
  EXPECT_FALSE(reply->is_awaited());
  EXPECT_FALSE(reply->send(text("too late")));
  EXPECT_THAT(registry.text(), HasSubstr("bus_http_requests_total{route=\"POST /owed\",status=\"5xx\"} 1\n"));
}

TEST_F(LaterTest, AThrowingHandlerIsA500) {
  add_later("/throw", [](Request&, const std::shared_ptr<Reply>&) { throw std::runtime_error("no"); });
  start();
  EXPECT_EQ(status_of(RawClient(port).ask(post("/throw", "x"))), 500);
}

TEST_F(LaterTest, ARouteIsRemovedWhenItsAnswersAreGiven) {
  start_owing();
  const auto id = last_;
  add_later("/open", [this](Request& request, const std::shared_ptr<Reply>& reply) {
    MutexLock lock(mutex_);
    owed_.emplace_back(std::move(request.body), reply);
    came_.notify_all();
  });
  router.remove(id);  // nobody is inside
  RawClient client(port);
  client.send(post("/open", "x"));
  const auto [body, reply] = owed();
  std::atomic<bool> sent = false;
  auto removed = std::async(std::launch::async, [&] {
    router.remove(last_);
    return sent.load();
  });
  sent = true;
  EXPECT_TRUE(reply->send(text("done")));
  EXPECT_TRUE(removed.get());
  EXPECT_THAT(client.response(), EndsWith("done"));
}

TEST_F(LaterTest, StopWaitsForTheAnswers) {
  start_owing();
  RawClient client(port);
  client.send(post("/owed", "x"));
  const auto [body, reply] = owed();
  auto stopped = std::async(std::launch::async, [&] { return server->stop().ok(); });
  EXPECT_TRUE(reply->send(text("done")));
  EXPECT_THAT(client.response(), EndsWith("done"));
  EXPECT_TRUE(stopped.get());
}

TEST_F(LaterTest, AnswersThatComeAfterTheServerAreRefused) {
  options.stop_grace = milliseconds(10);
  start_owing();
  RawClient client(port);
  client.send(post("/owed", "x"));
  const auto [body, reply] = owed();
  EXPECT_TRUE(server->stop().ok());
  EXPECT_FALSE(reply->is_awaited());
  EXPECT_FALSE(reply->send(text("nobody hears it")));
  router.remove(last_);  // nobody is inside any more
  server.reset();
  EXPECT_EQ(client.rest(), "");
}

TEST_F(LaterTest, ManyAnswersRaceWithTheirParking) {
  start_owing();
  std::thread answering([this] {
    for (int i = 0; i < 400; ++i) {
      const auto [body, reply] = owed();
      EXPECT_TRUE(reply->send(text(body)));
    }
  });
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      RawClient client(port);
      for (int i = 0; i < 100; ++i) {
        const std::string body = std::to_string(c) + "/" + std::to_string(i);
        EXPECT_THAT(client.ask(post("/owed", body)), EndsWith("\r\n\r\n" + body));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  answering.join();
}

}  // namespace
}  // namespace bus::http
