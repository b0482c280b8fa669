#include "core/http/listen.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace bus::http {
namespace {

using Poco::Net::SocketAddress;

// nullopt-like: an Error if the text is no address of this machine.
Result<SocketAddress> resolve(const std::string& address, std::uint16_t port) {
  try {
    return SocketAddress(address, port);
  } catch (const Poco::Exception& failure) {
    return error(Code::config, "\"" + address + "\" is not an address: " + failure.displayText(),
                 "127.0.0.1 and ::1 are this machine alone");
  }
}

Result<UniqueFd> open_socket(int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return system_error("socket", errno);
  return fd;
}

}  // namespace

Result<UniqueFd> listen_tcp(const std::string& address, std::uint16_t port) {
  const auto where = resolve(address, port);
  if (!where) return where.error();
  auto fd = open_socket(where->af());
  if (!fd) return fd;
  const int on = 1;
  ::setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd->get(), where->addr(), where->length()) == 0 && ::listen(fd->get(), SOMAXCONN) == 0)
    return fd;
  const std::string name = where->toString();
  switch (errno) {
    case EADDRINUSE:
      return error(Code::conflict, name + " is taken by another program",
                   "find it with: ss -ltnp 'sport = :" + std::to_string(port) +
                       "'; stop it, or choose another port (0 takes any free one)");
    case EACCES:
      return error(Code::denied, "not allowed to listen on " + name,
                   "ports below 1024 are root's; choose another");
    case EADDRNOTAVAIL:
      return error(Code::config, name + " is not an address of this machine", "127.0.0.1 always is");
    default:
      return system_error("cannot listen on " + name, errno);
  }
}

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return SocketAddress(reinterpret_cast<sockaddr*>(&address), size).port();
}

Result<UniqueFd> listen_unix(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof where.sun_path) {
    return error(Code::config, "\"" + path + "\" is no path for a socket", "it has at most 107 bytes");
  }
  std::memcpy(where.sun_path, path.data(), path.size());
  const auto* const address = reinterpret_cast<const sockaddr*>(&where);

  auto probe = open_socket(AF_UNIX);
  if (!probe) return probe;
  if (::connect(probe->get(), address, sizeof where) == 0 || errno == EAGAIN) {
    return error(Code::conflict, path + " is served by another program");
  }
  if (errno == ECONNREFUSED) ::unlink(path.c_str());

  auto fd = open_socket(AF_UNIX);
  if (!fd) return fd;
  // Nobody can connect before listen(), so the mode is right in time.
  if (::bind(fd->get(), address, sizeof where) != 0 || ::chmod(path.c_str(), 0600) != 0 ||
      ::listen(fd->get(), SOMAXCONN) != 0) {
    return system_error("cannot listen on " + path, errno);
  }
  return fd;
}

}  // namespace bus::http
