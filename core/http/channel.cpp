#include "core/http/channel.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/unique_fd.h"

namespace bus::http {
namespace {

using std::chrono::steady_clock;

// For poll(), which may return early; -1: forever.
int time_left(const Patience& patience) {
  if (patience.deadline == kForever) return -1;
  const auto left = std::chrono::ceil<milliseconds>(patience.deadline - steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

// True when `fd` is ready, false if only patience.wake is.
Result<bool> wait_for(int fd, short events, const Patience& patience) {
  for (;;) {
    const int left = time_left(patience);
    if (left == 0) return error(Code::timeout, "no answer in time");
    pollfd ready[3] = {{fd, events, 0},
                       {patience.cancel == nullptr ? -1 : patience.cancel->fd(), POLLIN, 0},
                       {patience.wake, POLLIN, 0}};
    const int count = ::poll(ready, 3, left);
    if (ready[1].revents != 0 && count > 0) return error(Code::stopping, "the request was cancelled");
    if (count > 0 && ready[0].revents != 0) return true;
    if (count > 0) return false;
    if (count < 0 && errno != EINTR) return system_error("waiting for an answer", errno);
  }
}

Error broken(const char* what, int number) {
  return error(Code::unavailable, std::string(what) + ": " + std::strerror(number));
}

class PlainChannel final : public Channel {
 public:
  PlainChannel(UniqueFd fd, const Patience& patience) : fd_(std::move(fd)), patience_(patience) {}

  Result<std::size_t> receive(char* buffer, std::size_t capacity) override {
    for (;;) {
      const auto ready = wait_for(fd_.get(), POLLIN, patience_);
      if (!ready) return ready.error();
      if (!*ready) return kWoken;
      const ssize_t n = ::recv(fd_.get(), buffer, capacity, MSG_DONTWAIT);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EAGAIN && errno != EINTR) return broken("the connection broke", errno);
    }
  }
  Status send(std::string_view bytes) override {
    while (!bytes.empty()) {
      if (const auto ready = wait_for(fd_.get(), POLLOUT, patience_); !ready) return ready.error();
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return broken("the connection broke", errno);
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return Ok{};
  }
  void set_patience(const Patience& patience) override { patience_ = patience; }

 private:
  const UniqueFd fd_;
  Patience patience_;
};

Result<UniqueFd> connect_to(const sockaddr* address, socklen_t size, const Patience& patience) {
  UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return broken("no socket", errno);
  if (::connect(fd.get(), address, size) == 0) return fd;
  if (errno != EINPROGRESS) return broken("cannot connect", errno);
  if (const auto ready = wait_for(fd.get(), POLLOUT, patience); !ready) return ready.error();
  int failure = 0;
  socklen_t length = sizeof failure;
  (void)::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &length);
  if (failure != 0) return broken("cannot connect", failure);
  return fd;
}

struct AddressesFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

}  // namespace

Result<std::unique_ptr<Channel>> connect_tcp(const std::string& host, std::uint16_t port,
                                             const Patience& patience, milliseconds connect,
                                             const Reach& reach) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (failure != 0) return error(Code::unavailable, "cannot find " + host + ": " + ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, AddressesFree> list(found);
  const Patience first{std::min(patience.deadline, steady_clock::now() + connect), patience.cancel};
  Error last = error(Code::unavailable, host + " has no address");
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    if (Status allowed = check_reach(reach, host, *at->ai_addr); !allowed) {
      last = std::move(allowed).error();
      continue;
    }
    auto fd = connect_to(at->ai_addr, at->ai_addrlen, first);
    if (fd) return std::unique_ptr<Channel>(std::make_unique<PlainChannel>(std::move(*fd), patience));
    last = std::move(fd).error();
    if (last.code == Code::stopping || last.code == Code::timeout) break;
  }
  return last;
}

Result<std::unique_ptr<Channel>> connect_unix(const std::string& path, const Patience& patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return error(Code::invalid, "the socket's path is too long");
  path.copy(address.sun_path, path.size());
  auto fd = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, patience);
  if (!fd) return std::move(fd).error();
  return std::unique_ptr<Channel>(std::make_unique<PlainChannel>(std::move(*fd), patience));
}

}  // namespace bus::http
