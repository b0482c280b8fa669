// Who is at the other end of a unix socket, in the kernel's word. Linux only.
#pragma once

#include <sys/types.h>

#include "core/base/result.h"

namespace bus::auth {

struct Peer {
  uid_t uid = 0;
  pid_t pid = 0;  // when it connected; it may be gone by now
};

Result<Peer> peer_of(int socket);
// The peer, if it runs under our own effective uid; Code::denied otherwise.
Result<Peer> require_own_user(int socket);

}  // namespace bus::auth
