#include "core/client/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <thread>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::client {
namespace {

using ::testing::ElementsAre;

// A host that says what the test has written down: for each connection what follows the answer to its first
// request (answers to others when they have come); kBreakOff: nothing, not even that answer.
class FollowerTest : public ::testing::Test {
 protected:
  // Serves the connections one after the other, closing each when all is said, and is gone then.
  void host(std::vector<std::vector<std::string>> conversations) {
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    paths_.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_.get(), 4), 0);
    thread_ = std::thread([this, conversations = std::move(conversations)] {
      for (const std::vector<std::string>& frames : conversations) converse(frames);
      listener_.reset();
    });
  }
  void TearDown() override {
    if (thread_.joinable()) thread_.join();
  }

  Follower follow(Subscribe subscribe, bool autostart = false) {
    ConnectOptions connect;
    connect.autostart = autostart;
    connect.program = "/nonexistent/bus";
    auto follower = Follower::open(paths_, connect, std::move(subscribe));
    EXPECT_TRUE(follower) << follower.error().message;
    return std::move(*follower);
  }
  static inline const std::vector<std::string> kBreakOff = {"break off"};
  static std::string event(int seq) { return R"({"sub":1,"event":{"seq":)" + std::to_string(seq) + "}}"; }
  // The next items: events as their seq, gaps as "from-to".
  static std::vector<std::string> items(Follower& follower, std::size_t count) {
    std::vector<std::string> out;
    while (out.size() < count) {
      const auto item = follower.next(system_clock().monotonic() + seconds(60));
      if (!item || !*item) return out;
      if ((*item)->kind == Item::Kind::event) out.push_back(std::to_string((*item)->seq));
      if ((*item)->kind == Item::Kind::gap)
        out.push_back(std::to_string((*item)->gap_from) + "-" + std::to_string((*item)->seq));
      if ((*item)->kind == Item::Kind::stopped) out.emplace_back("stopped");
    }
    return out;
  }

  testing::TempFolder folder_;
  config::Paths paths_{folder_.path(), folder_.path(), folder_.path()};

 private:
  void converse(const std::vector<std::string>& frames) {
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    wire::Decoder decoder;
    if (!request(client, decoder) || frames == kBreakOff) return;
    (void)write_all(client.get(), wire::frame(R"({"id":1,"result":{"position":0,"head":9}})"));
    for (const std::string& body : frames) {
      if (body.starts_with(R"({"id":)") && !request(client, decoder)) return;
      (void)write_all(client.get(), wire::frame(body));
    }
  }
  static bool request(const UniqueFd& client, wire::Decoder& decoder) {
    for (bool asked = false; !asked;) {
      char bytes[4096];
      const ssize_t n = ::recv(client.get(), bytes, sizeof bytes, 0);
      if (n <= 0) return false;
      (void)decoder.feed({bytes, static_cast<std::size_t>(n)},
                         [&](std::string_view) { return asked = true; });
    }
    return true;
  }

  UniqueFd listener_;
  std::thread thread_;
};

TEST_F(FollowerTest, GoesOnBehindWhatItGaveOut) {
  host({{event(1), event(2)}, {event(2), event(3)}});
  Follower follower = follow({});
  EXPECT_THAT(items(follower, 3), ElementsAre("1", "2", "3"));
}

TEST_F(FollowerTest, AHostThatGoesAwayBeforeItHasAnsweredIsTriedAgain) {
  host({kBreakOff, kBreakOff, {event(1)}});
  Follower follower = follow({});
  EXPECT_THAT(items(follower, 1), ElementsAre("1"));
}

TEST_F(FollowerTest, AQuestionIsAskedAgainWhereTheHostGoesAwayBeforeItHasAnswered) {
  host({{event(1)}, kBreakOff, {R"({"id":2,"result":{"seq":7}})", event(1), event(2)}});
  Follower follower = follow({});
  const auto answer = follower.asking([](Connection& host) -> Result<std::int64_t> {
    const auto result = host.ask(Call("status"));
    if (!result) return result.error();
    return (*result)["seq"].integer().value_or(0);
  });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, 7);
  EXPECT_THAT(items(follower, 2), ElementsAre("1", "2"));
}

TEST_F(FollowerTest, ARefusalOfAQuestionIsItsAnswer) {
  host({{R"({"id":2,"error":{"code":"not_found","message":"x","hint":"","retryable":false}})"}});
  Follower follower = follow({});
  const auto answer = follower.asking([](Connection& host) -> Status {
    const auto result = host.ask(Call("status"));
    return result ? Status(Ok{}) : Status(result.error());
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::not_found);
}

TEST_F(FollowerTest, AGapIsToldOnlyAsFarAsItIsNews) {
  // What is forgotten by the time the host is back was given out, or looked at and passed over, up to 6.
  host({{event(1), event(2), event(3), event(4), event(5), R"({"sub":1,"caught_up":6})"},
        {R"({"sub":1,"gap":{"from":2,"to":3}})", event(4), event(5)},
        {R"({"sub":1,"gap":{"from":2,"to":8}})", event(9)}});
  Subscribe subscribe;
  subscribe.cursor = "mine";
  Follower follower = follow(std::move(subscribe));
  EXPECT_THAT(items(follower, 7), ElementsAre("1", "2", "3", "4", "5", "7-8", "9"));
}

TEST_F(FollowerTest, AHostThatSaysThatItStopsIsWaitedForAndNotReplaced) {
  host({{event(1), R"({"sub":1,"end":{"code":"stopping","message":"x","hint":"","retryable":true}})"}});
  Follower follower = follow({}, true);
  EXPECT_THAT(items(follower, 2), ElementsAre("1", "stopped"));
  TearDown();
  // Starting one would fail for good: there is no such program.
  const auto none = follower.next(system_clock().monotonic());
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(*none);
}

TEST_F(FollowerTest, AHostThatBreaksOffIsReplaced) {
  host({{event(1)}});
  Follower follower = follow({}, true);
  EXPECT_THAT(items(follower, 1), ElementsAre("1"));
  TearDown();
  const auto item = follower.next(system_clock().monotonic());
  ASSERT_FALSE(item);
  EXPECT_EQ(item.error().code, Code::not_found);
}

TEST_F(FollowerTest, AnAcknowledgementWhileTheHostIsAwayIsAnError) {
  host({{event(1)}});
  Subscribe subscribe;
  subscribe.cursor = "mine";
  Follower follower = follow(std::move(subscribe));
  EXPECT_THAT(items(follower, 1), ElementsAre("1"));
  TearDown();
  const auto none = follower.next(system_clock().monotonic());
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  const Status done = follower.ack(1);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::unavailable);
}

}  // namespace
}  // namespace bus::client
