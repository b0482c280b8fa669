#include "sources/docker/exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bus::docker {
namespace {

Ended ended(int error, const std::string& place) {
  std::string text = place + ": " + std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {Cause::missing, std::move(text)};
    case ECONNREFUSED:
      return {Cause::refused, std::move(text)};
    case EACCES:
    case EPERM:
      return {Cause::denied, std::move(text)};
    default:
      return {Cause::broken, std::move(text)};
  }
}

int connect_to(int fd, const Address& address) {
  if (address.is_unix()) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address.path.copy(to.sun_path, sizeof to.sun_path - 1);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  if (address.v6) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(address.port);
    to.sin6_addr = in6addr_loopback;
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  to.sin_addr.s_addr = htonl(address.host);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

}  // namespace

Ended Exchange::open(const Address& address) {
  const int family = address.is_unix() ? AF_UNIX : address.v6 ? AF_INET6 : AF_INET;
  fd_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || (connect_to(fd_, address) != 0 && errno != EINPROGRESS)) return ended(errno, place_);
  const Status watched =
      watch_.start(fd_, BUS_FD_READABLE | BUS_FD_WRITABLE, [this](std::uint32_t) { ready(); });
  if (!watched.ok()) return {Cause::broken, watched.message()};
  return {};
}

Ended Exchange::start(const Address& address, std::string_view target, std::chrono::microseconds patience,
                      Handler handler) {
  cancel();
  place_ = address.text();
  Ended now = open(address);
  if (now.cause != Cause::none) {
    cancel();
    return now;
  }
  reader_ = {};
  handler_ = std::make_shared<const Handler>(std::move(handler));
  unsent_ = "GET ";
  unsent_.append(target).append(
      " HTTP/1.1\r\nHost: docker\r\nUser-Agent: bus\r\nAccept: application/json\r\n");
  unsent_.append("Connection: close\r\n\r\n");
  if (patience.count() != 0)
    (void)timer_.once(patience, [this] { end(Cause::broken, place_ + " does not answer in time"); });
  return {};
}

void Exchange::cancel() {
  ++run_;
  timer_.cancel();
  watch_.stop();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  handler_.reset();
}

void Exchange::end(Cause cause, std::string text) {
  const std::shared_ptr<const Handler> handler = handler_;
  cancel();
  if (handler != nullptr) handler->end({cause, std::move(text)});
}

void Exchange::ready() {
  const std::uint64_t run = run_;
  if (!unsent_.empty()) send_rest();
  if (run == run_ && active()) read_some();
}

void Exchange::send_rest() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
    Ended failed = ended(error, place_);
    return end(failed.cause, std::move(failed.text));
  }
  const ssize_t n = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN) {
    // The answer may be there all the same: a server that refuses need not read.
    unsent_.clear();
  } else if (n > 0) {
    unsent_.erase(0, static_cast<std::size_t>(n));
  }
  if (unsent_.empty()) (void)watch_.modify(BUS_FD_READABLE);
}

void Exchange::read_now() {
  constexpr int kMostReads = 256;  // who never stops sending does not keep the thread
  const std::uint64_t run = run_;
  for (int i = 0; i < kMostReads && run == run_ && active() && read_some(); ++i) {
  }
}

// True if something was there and it goes on.
bool Exchange::read_some() {
  std::array<char, 16u << 10> buffer;
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ENOTCONN) return false;
    end(Cause::broken, place_ + ": " + std::strerror(errno));
    return false;
  }
  if (n == 0) {
    const bool whole = reader_.finish();
    end(whole ? Cause::whole : Cause::broken, place_ + ": " + reader_.problem());
    return false;
  }
  const std::uint64_t run = run_;
  const std::shared_ptr<const Handler> handler = handler_;
  const bool good = reader_.feed({buffer.data(), static_cast<std::size_t>(n)}, [&](std::string_view piece) {
    handler->body(piece);
    return run == run_;
  });
  if (run != run_) return false;
  if (!good) {
    end(Cause::broken, place_ + ": " + reader_.problem());
    return false;
  }
  if (reader_.status() != 0) handler->flush();
  if (run != run_) return false;
  if (reader_.done()) end(Cause::whole, {});
  return run == run_;
}

}  // namespace bus::docker
