// Forwards and channels, from the host's side: tests/support/fake_plugin_host.h is the host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "sources/github/base64.h"
#include "sources/github/tunnels.h"
#include "tests/support/fake_plugin_host.h"

namespace bus::github {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Abilities = testing::FakeAbilities;

constexpr const char* kHook = R"({"id":7,"ws_url":"ws://hooks/forward","url":"http://api/x"})";
constexpr const char* kDelivery = R"({"Header":{"X-Github-Event":["push"]},"Body":"e30="})";

std::string frame(unsigned first, const std::string& payload) {
  return std::string{static_cast<char>(first), static_cast<char>(payload.size())} + payload;
}

// What the client has written, unmasked: "text …", "close 1000".
std::vector<std::string> said(std::string bytes) {
  std::vector<std::string> all;
  while (bytes.size() >= 6) {
    std::size_t size = static_cast<unsigned char>(bytes[1]) & 0x7f, at = 2;
    if (size == 126) {
      size = static_cast<unsigned char>(bytes[2]) * 256u + static_cast<unsigned char>(bytes[3]);
      at = 4;
    }
    std::string payload;
    for (std::size_t i = 0; i < size; ++i)
      payload += static_cast<char>(bytes[at + 4 + i] ^ bytes[at + i % 4]);
    const int opcode = bytes[0] & 0x0f;
    all.push_back((opcode == 8    ? "close "
                   : opcode == 9  ? "ping "
                   : opcode == 10 ? "pong "
                                  : "text ") +
                  payload);
    bytes.erase(0, at + 4 + size);
  }
  return all;
}

class TunnelsTest : public ::testing::Test {
 protected:
  TunnelsTest() : host_(plugin_()) {
    settings_.api = "http://api";
    settings_.path = "/webhook";
  }
  static const bus_plugin& plugin_() {
    static constexpr bus_plugin plugin = [] {
      bus_plugin out{};
      out.name = "github";
      return out;
    }();
    return plugin;
  }
  void start() {
    Forward::Keys keys{[this](std::function<void(std::string)> found) { found(token_); },
                       [this] { return secret_; }};
    tunnels_ = std::make_unique<Tunnels>(Host(host_.table()), settings_, keys, [this] { ++changes_; });
    tunnels_->start();
  }
  std::string tell(const std::string& json) {
    simdjson::dom::parser parser;
    const simdjson::dom::object object = parser.parse(json);
    const auto reply = tunnels_->on_message(Payload(object));
    return !reply ? "not ours" : reply->status.ok() ? reply->json : "error: " + reply->status.message();
  }
  Abilities& world() { return host_.abilities; }
  // The one request that is not answered: "POST http://…".
  std::string asked() const {
    const auto& all = host_.abilities.requests;
    return all.size() != 1 ? std::to_string(all.size()) + " requests"
                           : all.begin()->second.method + " " + all.begin()->second.url;
  }
  void answer(int status, const std::string& body, const std::map<std::string, std::string>& headers = {}) {
    world().answer(world().requests.begin()->first, status, body, headers);
  }
  std::uint64_t stream() { return world().streams.begin()->first; }
  void shake_hands() {
    const auto& asked = world().streams.at(stream());
    world().open(stream(), 101,
                 {{"Sec-WebSocket-Accept", websocket_accept(asked.headers.at("Sec-WebSocket-Key"))}});
  }
  // From nothing to a connection.
  void connect() {
    answer(201, kHook);
    shake_hands();
    answer(200, "{}");
  }
  // Fires the timer that is due first, and moves the clock to it; its delay in ms.
  std::uint64_t next_timer() {
    auto first = world().timers.begin();
    for (auto at = first; at != world().timers.end(); ++at) {
      if (at->second.delay_us < first->second.delay_us) first = at;
    }
    const std::uint64_t delay = first->second.delay_us;
    host_.now_us += static_cast<std::int64_t>(delay);
    world().fire(first->first);
    return delay / 1000;
  }
  std::string reason() const { return tunnels_->health().reason; }

  testing::FakePluginHost host_;
  TunnelSettings settings_;
  std::string token_ = "t0ken", secret_ = "s3cret";
  int changes_ = 0;
  std::unique_ptr<Tunnels> tunnels_;
};

TEST_F(TunnelsTest, ForwardsWhatTheConfigurationNames) {
  settings_.forward = {"octo/hello"};
  start();
  EXPECT_EQ(asked(), "POST http://api/repos/octo/hello/hooks");
  const auto& hook = world().requests.begin()->second;
  EXPECT_EQ(hook.headers.at("Authorization"), "Bearer t0ken");
  EXPECT_THAT(hook.body, HasSubstr(R"("secret":"s3cret")"));
  answer(201, kHook);
  EXPECT_EQ(world().streams.at(stream()).url, "http://hooks/forward");
  EXPECT_EQ(world().streams.at(stream()).upgrade, "websocket");
  EXPECT_EQ(world().streams.at(stream()).headers.at("Authorization"), "t0ken");
  shake_hands();
  EXPECT_EQ(asked(), "PATCH http://api/repos/octo/hello/hooks/7");
  EXPECT_EQ(world().requests.begin()->second.body, R"({"active":true})");
  EXPECT_EQ(tunnels_->health().reason, "forward octo/hello: connecting");
  answer(200, "{}");
  EXPECT_EQ(reason(), "forward octo/hello: connected");
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_OK);

  world().bring(stream(), frame(0x81, kDelivery));
  ASSERT_THAT(world().relayed, SizeIs(1));
  const auto& passed = world().relayed.begin()->second;
  EXPECT_EQ(passed.path, "/webhook");
  EXPECT_EQ(passed.body, "{}");
  EXPECT_EQ(passed.headers.at("X-Github-Event"), "push");
  world().settle(world().relayed.begin()->first, 202, "ok");
  EXPECT_THAT(said(world().streams.at(stream()).written), ElementsAre("text " + forward_answer(202, "ok")));
  EXPECT_THAT(tell(R"({"op":"tunnels"})"), HasSubstr(R"("state":"connected","deliveries":1,"refused":0)"));
  EXPECT_THAT(tell(R"({"op":"unforward","repo":"octo/hello"})"),
              StartsWith("error: octo/hello is in the configuration"));
}

TEST_F(TunnelsTest, AnswersInTheOrderOfTheDeliveries) {
  settings_.forward = {"octo/hello"};
  start();
  connect();
  world().bring(stream(), frame(0x81, kDelivery) + frame(0x81, "nonsense") + frame(0x81, kDelivery));
  ASSERT_THAT(world().relayed, SizeIs(2));
  const std::uint64_t first = world().relayed.begin()->first, last = world().relayed.rbegin()->first;
  world().settle(last, 200, "last");
  EXPECT_THAT(said(world().streams.at(stream()).written), IsEmpty());
  world().settle(first, 401, "first");
  const auto all = said(world().streams.at(stream()).written);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_THAT(all[0], HasSubstr("\"Status\":401"));
  EXPECT_THAT(all[1], HasSubstr("\"Status\":400"));
  EXPECT_THAT(all[2], HasSubstr("\"Status\":200"));
  EXPECT_THAT(tell(R"({"op":"tunnels"})"), HasSubstr(R"("deliveries":1,"refused":2)"));
}

TEST_F(TunnelsTest, MakesAnotherHookWhereTheSecretIsAnother) {
  settings_.forward = {"octo/hello"};
  start();
  connect();
  const auto deliver = [this](int status) {
    world().bring(stream(), frame(0x81, kDelivery));
    world().settle(world().relayed.begin()->first, status, "");
  };
  deliver(401);
  EXPECT_EQ(reason(), "forward octo/hello: the last delivery's signature was wrong");
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_DEGRADED);
  deliver(202);
  EXPECT_EQ(reason(), "forward octo/hello: connected");
  secret_ = "another";
  deliver(401);
  EXPECT_THAT(world().streams, IsEmpty());
  EXPECT_EQ(asked(), "DELETE http://api/repos/octo/hello/hooks/7");
  answer(204, "");
  next_timer();
  EXPECT_THAT(world().requests.begin()->second.body, HasSubstr(R"("secret":"another")"));
}

TEST_F(TunnelsTest, ComesBackThroughTheSameHook) {
  settings_.forward = {"octo/hello"};
  start();
  connect();
  world().end(stream(), BUS_UNAVAILABLE, "it broke");
  EXPECT_EQ(reason(), "forward octo/hello: it broke");
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_RETRYING);
  EXPECT_LE(next_timer(), 1000u);
  shake_hands();
  EXPECT_EQ(reason(), "forward octo/hello: connected") << "the hook is active already";
  // The server goes down in order.
  world().bring(stream(), frame(0x88, std::string("\x03\xe9", 2)));
  EXPECT_THAT(reason(), HasSubstr("has closed the connection (1001)"));
  EXPECT_GE(next_timer(), 1000u) << "it had not lasted";
  // Three times in vain: that hook is given up.
  for (int i = 0; i < 2; ++i) {
    world().end(stream(), BUS_UNAVAILABLE, "nobody there");
    next_timer();
  }
  world().end(stream(), BUS_UNAVAILABLE, "nobody there");
  EXPECT_EQ(asked(), "DELETE http://api/repos/octo/hello/hooks/7");
  answer(204, "");
  next_timer();
  EXPECT_EQ(asked(), "POST http://api/repos/octo/hello/hooks");
}

TEST_F(TunnelsTest, MakesAnotherHookWhereThatOneIsGone) {
  world().state["forward_hooks"] = R"({"octo/hello":{"id":5,"ws_url":"ws://hooks/old"}})";
  settings_.forward = {"octo/hello"};
  start();
  EXPECT_THAT(world().requests, IsEmpty());
  EXPECT_EQ(world().streams.at(stream()).url, "http://hooks/old");
  world().open(stream(), 404);
  EXPECT_EQ(asked(), "DELETE http://api/repos/octo/hello/hooks/5");
  answer(404, "");
  next_timer();
  connect();
  EXPECT_THAT(world().state["forward_hooks"], HasSubstr("\"id\":7"));
}

TEST_F(TunnelsTest, SaysWhatIsMissing) {
  settings_.forward = {"octo/hello"};
  secret_ = "";
  start();
  EXPECT_THAT(reason(), HasSubstr("bus secret set"));
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_WAITING);
  secret_ = "s", token_ = "";
  EXPECT_GE(next_timer(), 60'000u);
  EXPECT_THAT(reason(), HasSubstr("no token"));
  token_ = "t";
  next_timer();
  answer(403, R"({"message":"Resource not accessible"})");
  EXPECT_THAT(reason(),
              HasSubstr("answered 403 (Resource not accessible); the token needs the scope admin:repo_hook"));
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_WAITING);
  next_timer();
  answer(403, R"({"message":"You have exceeded a secondary rate limit"})", {{"Retry-After", "120"}});
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_RETRYING);
  EXPECT_GE(next_timer(), 120'000u);
  answer(
      422,
      R"({"message":"Validation Failed","errors":[{"message":"CliHook already exists on this repository"}]})");
  EXPECT_EQ(asked(), "GET http://api/repos/octo/hello/hooks?per_page=100");
  answer(200, R"([{"id":1,"name":"web"},{"id":9,"name":"cli"}])");
  EXPECT_THAT(reason(), HasSubstr("already (hook 9)"));
  next_timer();
  answer(201, R"({"id":3})");
  EXPECT_THAT(reason(), HasSubstr("makes no hooks of the cli kind"));
  next_timer();
  answer(201, R"({"id":3,"ws_url":"ftp://x"})");
  EXPECT_THAT(reason(), HasSubstr("not under TLS"));
}

TEST_F(TunnelsTest, ALeaseEndsWithItsHook) {
  start();
  EXPECT_THAT(tell(R"({"op":"forward","repo":"octo/hello"})"), StartsWith("error"));
  EXPECT_THAT(tell(R"({"op":"forward","repo":"octo","lease_s":5})"), StartsWith("error"));
  EXPECT_THAT(tell(R"({"op":"forward","repo":"octo/hello","lease_s":5,"events":"Push"})"),
              StartsWith("error"));
  EXPECT_THAT(tell(R"({"op":"forward","repo":"octo/hello","lease_s":5,"events":"push,status"})"),
              HasSubstr(R"("state":"connecting")"));
  EXPECT_THAT(world().requests.begin()->second.body, HasSubstr(R"("events":["push","status"])"));
  connect();
  EXPECT_THAT(tell(R"({"op":"forward","repo":"octo/hello","lease_s":5})"),
              HasSubstr(R"("state":"connected")"));
  EXPECT_THAT(world().streams, SizeIs(1));
  EXPECT_EQ(next_timer(), 5000u);
  EXPECT_THAT(world().streams, IsEmpty());
  EXPECT_EQ(asked(), "DELETE http://api/repos/octo/hello/hooks/7");
  EXPECT_THAT(tell(R"({"op":"tunnels"})"), HasSubstr("ending"));
  EXPECT_THAT(tell(R"({"op":"forward","repo":"octo/hello","lease_s":5})"), StartsWith("error"));
  answer(204, "");
  EXPECT_EQ(tell(R"({"op":"tunnels"})"), R"({"tunnels":[]})");
  EXPECT_EQ(world().state["forward_hooks"], "{}");
  EXPECT_EQ(tell(R"({"op":"unforward","repo":"octo/hello"})"), R"({"changed":false})");
  next_timer();
  EXPECT_THAT(world().timers, IsEmpty());
}

TEST_F(TunnelsTest, WhatACrashLeftIsUsedAndThenDeleted) {
  world().state["forward_hooks"] = R"({"octo/hello":{"id":5,"ws_url":"ws://hooks/old"}})";
  start();
  shake_hands();
  answer(200, "{}");
  EXPECT_EQ(reason(), "forward octo/hello: connected");
  host_.now_us += 60'000'000;
  for (const auto& [id, timer] : std::map(world().timers)) {
    if (timer.delay_us == 60'000'000) world().fire(id);
  }
  EXPECT_EQ(asked(), "DELETE http://api/repos/octo/hello/hooks/5");
  for (int i = 0; i < 4; ++i) {
    answer(500, "");
    EXPECT_THAT(tell(R"({"op":"tunnels"})"), HasSubstr("ending"));
    for (const auto& [id, timer] : std::map(world().timers)) world().fire(id);
  }
  answer(500, "");
  EXPECT_EQ(tell(R"({"op":"tunnels"})"), R"({"tunnels":[]})");
  EXPECT_THAT(world().state["forward_hooks"], HasSubstr("\"id\":5")) << "another start tries again";
}

TEST_F(TunnelsTest, KeepsAliveAndNoticesSilence) {
  settings_.forward = {"octo/hello"};
  start();
  connect();
  const auto written = [this] { return said(world().streams.at(stream()).written); };
  world().bring(stream(), frame(0x89, "hi"));
  EXPECT_THAT(written(), ElementsAre("pong hi"));
  next_timer();
  EXPECT_THAT(written(), SizeIs(1));
  next_timer();
  EXPECT_THAT(written(), ElementsAre("pong hi", "ping "));
  world().bring(stream(), frame(0x8a, ""));
  next_timer(), next_timer(), next_timer();
  EXPECT_THAT(world().streams, IsEmpty());
  EXPECT_EQ(reason(), "forward octo/hello: the server has fallen silent");
}

TEST_F(TunnelsTest, RefusesAHandshakeThatIsNone) {
  settings_.forward = {"octo/hello"};
  start();
  answer(201, kHook);
  world().open(stream(), 101, {{"Sec-WebSocket-Accept", "x"}});
  EXPECT_THAT(reason(), HasSubstr("handshake is none"));
  EXPECT_THAT(world().streams, IsEmpty());
  next_timer();
  shake_hands();
  world().bring(stream(), frame(0x81, "\xff"));
  EXPECT_THAT(reason(), HasSubstr("not UTF-8"));
}

TEST_F(TunnelsTest, TakesDeliveriesOfSmee) {
  settings_.smee = "http://smee/abc";
  start();
  EXPECT_EQ(world().streams.at(stream()).url, "http://smee/abc");
  EXPECT_EQ(world().streams.at(stream()).headers.at("Accept"), "text/event-stream");
  world().open(stream(), 200, {{"Content-Type", "text/event-stream; charset=utf-8"}});
  EXPECT_EQ(reason(), "smee: connected");
  world().bring(stream(),
                "id: 0\nevent: ready\ndata: {}\n\nid: 1\ndata: "
                "{\"x-github-event\":\"push\",\"body\":{\"a\":1},\"x\":1}\n\n");
  world().bring(stream(), "event: ping\ndata: {}\n\ndata: {\"hello\":1}\n\nid: 2\ndata: {\"body\":{}}\n\n");
  ASSERT_THAT(world().relayed, SizeIs(1));
  EXPECT_EQ(world().relayed.begin()->second.body, "{\"a\":1}");
  world().settle(world().relayed.begin()->first, 401, "");
  EXPECT_THAT(reason(), HasSubstr("writes the JSON of each delivery anew"));
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_DEGRADED);
  world().bring(stream(), "data: {\"x-github-event\":\"push\",\"body\":{}}\n\n");
  world().settle(world().relayed.begin()->first, 202, "");
  EXPECT_EQ(reason(), "smee: connected");
  EXPECT_THAT(tell(R"({"op":"tunnels"})"), HasSubstr(R"("deliveries":1,"refused":3)"));
  world().end(stream());
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_RETRYING);
  next_timer();
  EXPECT_EQ(world().streams.at(stream()).headers.at("Last-Event-ID"), "2");
  world().open(stream(), 403);
  EXPECT_EQ(reason(), "smee: the channel answered 403");
  EXPECT_EQ(tunnels_->health().health, BUS_HEALTH_WAITING);
  EXPECT_GE(next_timer(), 60'000u);
  world().open(stream(), 200, {{"Content-Type", "text/event-stream"}});
  next_timer();
  EXPECT_EQ(reason(), "smee: connected");
  next_timer();
  EXPECT_EQ(reason(), "smee: the channel has fallen silent");
}

TEST_F(TunnelsTest, AChannelIsLeasedToo) {
  start();
  EXPECT_THAT(tell(R"({"op":"smee","url":"smee.io/x","lease_s":5})"), StartsWith("error"));
  EXPECT_THAT(tell(R"({"op":"smee","url":"http://smee/x","lease_s":5})"),
              HasSubstr(R"("smee":"http://smee/x")"));
  EXPECT_THAT(world().streams, SizeIs(1));
  EXPECT_EQ(tell(R"({"op":"unsmee","url":"http://smee/x"})"), R"({"changed":true})");
  EXPECT_THAT(world().streams, IsEmpty());
  EXPECT_THAT(tell(R"({"op":"smee","url":"http://smee/x","lease_s":5})"), HasSubstr("connecting"));
  EXPECT_EQ(next_timer(), 5000u);
  EXPECT_THAT(world().streams, IsEmpty());
  EXPECT_EQ(reason(), "");
  for (int i = 0; i < 12; ++i)
    EXPECT_THAT(tell(R"({"op":"smee","url":"http://smee/)" + std::to_string(i) + R"(","lease_s":5})"),
                HasSubstr("state"));
  EXPECT_THAT(tell(R"({"op":"smee","url":"http://smee/x","lease_s":5})"), HasSubstr("no more than 12"));
  EXPECT_EQ(tell(R"({"op":"other"})"), "not ours");
}

}  // namespace
}  // namespace bus::github
