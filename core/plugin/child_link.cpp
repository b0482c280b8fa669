#include "core/plugin/child_link.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bus::plugin {
namespace {

constexpr std::size_t kHead = 4 + 1 + 8;
constexpr std::size_t kPiece = 16u << 10;

Error gone() {
  return error(Code::unavailable, "the other end of the socket is gone");
}

Error choked() {
  return error(Code::limit, "the other end does not read");
}

void write_head(char* out, Frame frame, std::uint64_t number, std::size_t body) {
  const auto length = static_cast<std::uint32_t>(body + kHead - 4);
  std::memcpy(out, &length, 4);
  out[4] = static_cast<char>(frame);
  std::memcpy(out + 5, &number, 8);
}

}  // namespace

Status Link::send(Frame frame, std::uint64_t number, std::string_view body) {
  if (body.size() > kMaxFrame - kHead) return error(Code::invalid, "more than 80 MiB in one call");
  char head[kHead];
  write_head(head, frame, number, body.size());
  MutexLock lock(mutex_);
  std::size_t sent = 0;
  if (unsent_.empty()) {
    iovec parts[2] = {{head, kHead}, {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const int flags = MSG_NOSIGNAL | (side_ == Side::host ? MSG_DONTWAIT : 0);
    const ssize_t n = ::sendmsg(socket_.get(), &message, flags);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return gone();
    sent = n > 0 ? static_cast<std::size_t>(n) : 0;
    if (sent == kHead + body.size()) return Ok{};
  }
  if (unsent_.size() - sent_ + body.size() > kMaxUnsent) {
    choked_.store(true);
    return choked();
  }
  unsent_.append(head, kHead).append(body);
  sent_ += sent;
  return side_ == Side::child ? send_some() : Status(Ok{});
}

// As much as the socket takes; with Side::child all of it.
Status Link::send_some() {
  while (sent_ < unsent_.size()) {
    const int flags = MSG_NOSIGNAL | (side_ == Side::host ? MSG_DONTWAIT : 0);
    const ssize_t n = ::send(socket_.get(), unsent_.data() + sent_, unsent_.size() - sent_, flags);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return Ok{};
    if (n < 0) return gone();
    sent_ += static_cast<std::size_t>(n);
  }
  unsent_.clear();
  unsent_.shrink_to_fit();
  sent_ = 0;
  return Ok{};
}

Result<bool> Link::flush() {
  MutexLock lock(mutex_);
  if (Status sent = send_some(); !sent) return std::move(sent).error();
  return unsent_.empty();
}

bool Link::has_unsent() const {
  MutexLock lock(mutex_);
  return !unsent_.empty();
}

// False if nothing is there now.
Result<bool> Link::read_some() {
  if (taken_ != 0) {
    in_.erase(0, taken_);
    taken_ = 0;
  }
  // The buffer of a long frame grows with what comes of it, not with what its head claims.
  const std::size_t had = in_.size();
  const std::size_t room = std::max(kPiece, std::min(had, std::size_t{4} << 20));
  in_.resize(had + room);
  ssize_t n = -1;
  do {
    n = ::recv(socket_.get(), in_.data() + had, room, side_ == Side::host ? MSG_DONTWAIT : 0);
  } while (n < 0 && errno == EINTR);
  const int why = errno;
  in_.resize(had + (n > 0 ? static_cast<std::size_t>(n) : 0));
  if (n > 0) return true;
  if (n < 0 && why == EAGAIN) {
    if (in_.empty()) in_.shrink_to_fit();
    return false;
  }
  return gone();
}

Result<bool> Link::receive(Received& out) {
  for (;;) {
    if (choked_.load()) return choked();
    const std::string_view rest = std::string_view(in_).substr(taken_);
    std::uint32_t length = 0;
    if (rest.size() >= sizeof length) {
      std::memcpy(&length, rest.data(), sizeof length);
      if (length < kHead - 4 || length > kMaxFrame)
        return error(Code::invalid, "a frame of " + std::to_string(length) + " bytes");
      if (rest.size() - 4 >= length) {
        out.frame = static_cast<Frame>(static_cast<std::uint8_t>(rest[4]));
        std::memcpy(&out.number, rest.data() + 5, 8);
        out.body = rest.substr(kHead, length + 4 - kHead);
        taken_ += length + 4;
        return true;
      }
    }
    auto more = read_some();
    if (!more || !*more) return more;
  }
}

}  // namespace bus::plugin
