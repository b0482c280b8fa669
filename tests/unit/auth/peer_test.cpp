#include "core/auth/peer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/unique_fd.h"

namespace bus::auth {
namespace {

TEST(Peer, IsWhoMadeTheSocket) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd a(ends[0]);
  const UniqueFd b(ends[1]);
  const auto peer = require_own_user(a.get());
  ASSERT_TRUE(peer.ok());
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_EQ(peer->pid, ::getpid());
}

TEST(Peer, IsNotKnownOfOtherSockets) {
  const UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(require_own_user(tcp.get()).ok());
  EXPECT_FALSE(peer_of(-1).ok());
}

}  // namespace
}  // namespace bus::auth
