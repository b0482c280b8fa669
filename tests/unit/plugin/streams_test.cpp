#include "core/plugin/streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "bus/ext/stream.h"
#include "core/http/conversation.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scripted_server.h"

namespace bus::plugin {
namespace {

using ::testing::HasSubstr;

constexpr const char* kUpgraded =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

// The test is the runner's thread; the server is a real one.
class StreamsTest : public ::testing::Test {
 protected:
  Result<Streams::Id> open(const std::string& target, const std::string& upgrade = {}) {
    Streams::Calls calls;
    calls.opened = [this](Streams::Id, const http::ClientResponse& head) { status_ = head.status; };
    calls.heard = [this](Streams::Id, std::string_view bytes) { heard_ += bytes; };
    calls.over = [this](Streams::Id, const Status& why) {
      over_ = why ? "ended" : std::string(name(why.error().code));
    };
    return streams_.open({.url = server_.url(target)}, upgrade, std::move(calls));
  }
  template <class Condition>
  void until(Condition&& condition) {
    while (!condition()) {
      runner_.step();
      std::this_thread::yield();
    }
  }

  testing::ScriptedServer server_;
  testing::FakeClock clock_;
  std::vector<std::string> bounds_;
  int status_ = 0;
  std::string heard_, over_;
  Outbound outbound_;
  loop::Runner runner_{"test", clock_};
  Streams streams_{runner_, outbound_, [this](std::string_view bound) { bounds_.emplace_back(bound); }};
};

TEST_F(StreamsTest, TellsHeadBytesAndEnd) {
  server_.script("/a", "HTTP/1.1 200 OK\r\n\r\none two");
  const auto id = open("/a");
  ASSERT_TRUE(id.ok());
  until([this] { return !over_.empty(); });
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(heard_, "one two");
  EXPECT_EQ(over_, "ended");
  EXPECT_EQ(streams_.write(*id, "x").error().code, Code::invalid);
}

TEST_F(StreamsTest, TellsThatThereIsNone) {
  server_.script("/a", "no http\r\n\r\n");
  ASSERT_TRUE(open("/a").ok());
  until([this] { return !over_.empty(); });
  EXPECT_EQ(over_, "unavailable");
  EXPECT_EQ(status_, 0);
}

TEST_F(StreamsTest, WritesWhereItMay) {
  server_.script("/plain", "HTTP/1.1 200 OK\r\n\r\n", true);
  server_.script("/ws", kUpgraded, true);
  const auto plain = open("/plain");
  until([this] { return status_ == 200; });
  EXPECT_EQ(streams_.write(*plain, "x").error().code, Code::invalid);
  const auto id = open("/ws", "websocket");
  EXPECT_EQ(streams_.write(*id, "x").error().code, Code::invalid) << "before its head";
  until([this] { return status_ == 101; });
  EXPECT_TRUE(streams_.write(*id, "hello").ok());
  EXPECT_EQ(streams_.write(*id, std::string(BUS_STREAM_MAX_WRITE + 1, 'x')).error().code, Code::unavailable);
  EXPECT_THAT(bounds_, ::testing::ElementsAre("stream_bytes"));
}

TEST_F(StreamsTest, AClosedOneIsSilent) {
  server_.script("/ws", std::string(kUpgraded) + "first", true);
  const auto id = open("/ws", "websocket");
  until([this] { return heard_ == "first"; });
  EXPECT_TRUE(streams_.write(*id, "bye").ok());
  streams_.close(*id);
  streams_.close(*id);
  EXPECT_EQ(streams_.write(*id, "x").error().code, Code::invalid);
  // One that is not answered yet ends as well: else the server's thread would wait for it.
  server_.script("/silent", "", true);
  const auto silent = open("/silent");
  while (server_.asked().size() < 2) std::this_thread::yield();
  streams_.close(*silent);
  runner_.step();
  EXPECT_EQ(over_, "");
}

TEST_F(StreamsTest, BoundsThem) {
  server_.script("/a", "HTTP/1.1 200 OK\r\n\r\n", true);
  for (unsigned i = 0; i < BUS_STREAM_MAX; ++i) EXPECT_TRUE(open("/a").ok());
  EXPECT_EQ(open("/a").error().code, Code::unavailable);
  EXPECT_THAT(bounds_, ::testing::ElementsAre("streams"));
  streams_.cancel_all();
  EXPECT_TRUE(open("/a").ok());
}

TEST_F(StreamsTest, ReadsNoFurtherThanWhatIsTaken) {
  const std::string much(Wire::kReadAhead * 3, 'x');
  server_.script("/much", "HTTP/1.1 200 OK\r\n\r\n" + much);
  ASSERT_TRUE(open("/much").ok());
  until([this] { return !over_.empty(); });
  EXPECT_EQ(over_, "ended");
  EXPECT_EQ(heard_.size(), much.size());
}

}  // namespace
}  // namespace bus::plugin
