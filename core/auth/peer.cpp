#include "core/auth/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace bus::auth {

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return system_error("cannot tell who is at the other end of the socket", errno);
  }
  // Sockets that are not of the unix family answer with "nobody".
  if (credentials.pid == 0 && credentials.uid == static_cast<uid_t>(-1)) {
    return error(Code::invalid, "this socket cannot tell who is at its other end");
  }
  return Peer{credentials.uid, credentials.pid};
}

Result<Peer> require_own_user(int socket) {
  auto peer = peer_of(socket);
  if (peer && peer->uid != ::geteuid()) {
    return error(Code::denied, "user " + std::to_string(peer->uid) + " may not use this socket");
  }
  return peer;
}

}  // namespace bus::auth
