#include "core/plugin/child_link.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <thread>

namespace bus::plugin {
namespace {

class LinkTest : public ::testing::Test {
 protected:
  LinkTest() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
      throw std::runtime_error("socketpair");
    host_ = std::make_unique<Link>(UniqueFd(pair[0]), Link::Side::host);
    other_ = UniqueFd(pair[1]);
  }
  void write(std::string_view bytes) {
    ASSERT_EQ(::send(other_.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  static std::string frame(std::uint32_t length, const std::string& rest) {
    std::string out(4, '\0');
    std::memcpy(out.data(), &length, 4);
    return out + rest;
  }

  std::unique_ptr<Link> host_;
  UniqueFd other_;
  Received got_;
};

TEST_F(LinkTest, FramesComeWholeHoweverTheyAreCut) {
  const std::string whole = frame(9 + 3, std::string("\x21") + std::string(8, '\7') + "abc");
  for (const char byte : whole + whole.substr(0, 5)) {
    if (!host_->has_received()) {
      EXPECT_FALSE(*host_->receive(got_));
    }
    write({&byte, 1});
  }
  ASSERT_TRUE(*host_->receive(got_));
  EXPECT_EQ(got_.frame, Frame::emit);
  EXPECT_EQ(got_.number, 0x0707070707070707u);
  EXPECT_EQ(got_.body, "abc");
  EXPECT_TRUE(host_->has_received());
  EXPECT_FALSE(*host_->receive(got_));
}

TEST_F(LinkTest, WhatIsNoFrameIsRefused) {
  for (const std::uint32_t length : {0u, 8u, static_cast<std::uint32_t>(kMaxFrame) + 1, ~0u}) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    Link link(UniqueFd{pair[0]}, Link::Side::host);
    other_ = UniqueFd(pair[1]);
    write(frame(length, "x"));
    EXPECT_EQ(link.receive(got_).error().code, Code::invalid) << length;
  }
}

TEST_F(LinkTest, TheOtherEndGoes) {
  other_.reset();
  EXPECT_EQ(host_->receive(got_).error().code, Code::unavailable);
  EXPECT_EQ(host_->send(Frame::reply, 1, "x").error().code, Code::unavailable);
}

// The host never waits for a child that does not read, and does not hold more than a bound.
TEST_F(LinkTest, WhatIsNotReadIsHeldAndBounded) {
  const std::string large(16u << 20, 'x');
  int sent = 0;
  while (host_->send(Frame::reply, 1, large).ok()) ++sent;
  EXPECT_LE(sent, 13);
  EXPECT_GE(sent, 10);
  EXPECT_TRUE(host_->has_unsent());
  Link child(std::move(other_), Link::Side::child);
  std::thread reader([&] {
    Received received;
    for (int i = 0; i < sent; ++i) EXPECT_TRUE(child.receive(received).ok() && received.body == large);
  });
  for (bool done = false; !done;) {
    const auto flushed = host_->flush();
    ASSERT_TRUE(flushed.ok());
    done = *flushed;
    std::this_thread::yield();
  }
  reader.join();
}

TEST_F(LinkTest, AFrameIsBounded) {
  EXPECT_EQ(host_->send(Frame::reply, 1, std::string(kMaxFrame + 1, 'x')).error().code, Code::invalid);
}

}  // namespace
}  // namespace bus::plugin
