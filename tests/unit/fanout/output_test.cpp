#include "core/fanout/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "core/base/unique_fd.h"
#include "core/wire/frame.h"

namespace bus::fanout {
namespace {

TEST(Output, WritesSmallAndLargePiecesInOrderToASlowPeer) {
  std::array<int, 2> ends;
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  auto record = std::make_shared<store::Record>();
  record->json.text = R"({"seq":1,"data":")" + std::string(300'000, 'x') + "\"}";
  record->json.head = 8;

  Output out;
  std::string want;
  for (int i = 0; i < 3; ++i) {
    out.frame("{}");
    out.event_frame("{\"sub\":1,\"event\":", record, false);
    out.event_frame("{\"sub\":1,\"event\":", record, true);
    want += wire::frame("{}") + wire::frame("{\"sub\":1,\"event\":" + record->json.text + "}") +
            wire::frame(R"({"sub":1,"event":{"seq":1}})");
  }
  EXPECT_EQ(out.bytes(), want.size());
  std::string got;
  std::array<char, 70'000> buffer;
  for (bool done = false; !done;) {
    const auto flushed = out.flush(ours.get());
    ASSERT_TRUE(flushed);
    done = *flushed;
    ssize_t n = 0;
    while ((n = ::recv(theirs.get(), buffer.data(), buffer.size(), 0)) > 0)
      got.append(buffer.data(), static_cast<std::size_t>(n));
  }
  EXPECT_EQ(got, want);
  EXPECT_TRUE(out.empty());
}

TEST(Output, SaysWhenThePeerIsGone) {
  std::array<int, 2> ends;
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd ours(ends[0]);
  ::close(ends[1]);
  Output out;
  out.frame("{}");
  EXPECT_FALSE(out.flush(ours.get()));
}

}  // namespace
}  // namespace bus::fanout
