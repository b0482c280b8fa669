// The bounds: slow, silent and many clients.
#include "core/http/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <list>

#include "tests/unit/http/raw_client.h"

namespace bus::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class AdmissionTest : public ServerTest {};

TEST_F(AdmissionTest, SlowAndIdleClientsHoldNoWorker) {
  options.max_connections = 900;
  options.workers = 2;
  start();
  std::list<RawClient> crowd;
  for (int i = 0; i < 16; ++i) crowd.emplace_back(port).send("GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
  for (int i = 0; i < 16; ++i)
    crowd.emplace_back(port).send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  for (int i = 0; i < 400; ++i) crowd.emplace_back(port);
  for (int i = 0; i < 400; ++i) EXPECT_THAT(crowd.emplace_back(port).ask(kGet), EndsWith("hello"));
  EXPECT_THAT(RawClient(port).ask(kGet), EndsWith("hello"));
  crowd.front().send("y\r\n\r\n");
  EXPECT_THAT(crowd.front().response(), EndsWith("hello"));
}

TEST_F(AdmissionTest, ClientsThatDoNotReadHoldNoWorker) {
  options.workers = 1;
  add("GET", "/big", [](const Request&) { return text(std::string(8 << 20, 'x')); });
  start();
  RawClient deaf(port, 4096);
  deaf.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(RawClient(port).ask(kGet), EndsWith("hello"));
  EXPECT_THAT(RawClient(port).ask(kGet), EndsWith("hello"));
  EXPECT_EQ(deaf.response().size() >> 20, 8u);
}

TEST_F(AdmissionTest, ClientsThatNeverReadAreLetGo) {
  options.write_deadline = milliseconds(50);
  add("GET", "/big", [](const Request&) { return text(std::string(32 << 20, 'x')); });
  start();
  RawClient deaf(port, 4096);
  deaf.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  while (refused("write_timeout") == 0) std::this_thread::yield();
  EXPECT_LT(deaf.rest().size(), 32u << 20);
}

TEST_F(AdmissionTest, HeadersHaveADeadline) {
  options.header_deadline = milliseconds(30);
  start();
  RawClient half(port);
  half.send("GET /hello HTTP/1.1\r\n");
  EXPECT_EQ(status_of(half.rest()), 408);
  RawClient silent(port);
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(refused("header_timeout"), 1);
  EXPECT_EQ(refused("idle"), 1);
}

TEST_F(AdmissionTest, BodiesHaveADeadline) {
  options.request_deadline = milliseconds(30);
  start();
  RawClient half(port);
  half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  EXPECT_EQ(status_of(half.rest()), 408);
  EXPECT_EQ(refused("body_timeout"), 1);
}

TEST_F(AdmissionTest, KeptConnectionsAreClosedInTheEnd) {
  options.keep_alive = milliseconds(30);
  start();
  RawClient client(port);
  client.send(kGet);
  EXPECT_THAT(client.rest(), EndsWith("hello"));
}

TEST_F(AdmissionTest, NewcomersPushOutTheIdle) {
  options.max_connections = 4;
  options.workers = 1;  // it has given back all but the last
  start();
  std::list<RawClient> idle;
  for (int i = 0; i < 4; ++i) EXPECT_THAT(idle.emplace_back(port).ask(kGet), EndsWith("hello"));
  EXPECT_THAT(RawClient(port).ask(kGet), EndsWith("hello"));
  EXPECT_EQ(idle.front().rest(), "");
  EXPECT_EQ(refused("evicted"), 1);
}

TEST_F(AdmissionTest, TooManyBusyConnectionsAreToldSo) {
  options.max_connections = 3;
  start();
  std::list<RawClient> busy;
  for (int i = 0; i < 3; ++i) busy.emplace_back(port).send("GET /hel");
  // Until the server has read from all of them, the newest may count as idle.
  std::string response;
  do {
    response = RawClient(port).ask(kGet);
  } while (status_of(response) == 200);
  EXPECT_EQ(status_of(response), 503);
  EXPECT_THAT(response, HasSubstr("\"busy\""));
  EXPECT_EQ(refused("connections"), 1);
}

TEST_F(AdmissionTest, BodiesTogetherAreBounded) {
  options.max_body_memory = 1 << 20;
  add(
      "POST", "/big", [](const Request&) { return Response{}; }, 8 << 20);
  start();
  RawClient client(port);
  EXPECT_EQ(status_of(client.ask(post("/big", std::string(1 << 20, 'x')))), 200);
  RawClient other(port);
  EXPECT_EQ(status_of(other.ask(post("/big", std::string((1 << 20) + 1, 'x')))), 503);
  EXPECT_EQ(refused("body_memory"), 1);
  EXPECT_EQ(status_of(client.ask(post("/big", "x"))), 200);
}

TEST_F(AdmissionTest, ManyClientsComeAndGo) {
  options.max_connections = 32;
  options.keep_alive = milliseconds(2);
  start();
  std::vector<std::future<void>> clients;
  std::atomic<int> answers = 0;
  for (int c = 0; c < 4; ++c) {
    clients.push_back(std::async(std::launch::async, [&] {
      for (int i = 0; i < 100; ++i) {
        RawClient client(port);
        client.send(i % 3 == 0 ? "GET /hel" : kGet);
        if (i % 3 == 1) answers += status_of(client.response()) == 200 ? 1 : 0;
      }
    }));
  }
  for (auto& client : clients) client.get();
  EXPECT_GT(answers, 0);
}

}  // namespace
}  // namespace bus::http
