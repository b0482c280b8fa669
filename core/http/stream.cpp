#include "core/http/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

namespace bus::http {

bool StreamSink::write(std::string_view bytes) {
  if (!chunked_) return write_plain(bytes);
  if (bytes.empty()) return !closed();  // an empty chunk would end the body
  char size[20];
  const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
  std::string chunk;
  chunk.reserve(bytes.size() + 24);
  chunk.append(size, end).append("\r\n").append(bytes).append("\r\n");
  return write_plain(chunk);
}

bool StreamSink::write_plain(std::string_view bytes) {
  const auto deadline = std::chrono::steady_clock::now() + write_deadline_;
  while (!bytes.empty() && !closed()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if ((errno != EAGAIN && errno != EWOULDBLOCK) || left <= 0) {
      close();
      break;
    }
    pollfd wait{fd_, POLLOUT, 0};
    ::poll(&wait, 1, static_cast<int>(left));
  }
  return !closed();
}

void StreamSink::on_close(std::function<void()> fn) {
  MutexLock lock(mutex_);
  if (closed()) {
    fn();
  } else {
    on_close_ = std::move(fn);
  }
}

void StreamSink::close() {
  MutexLock lock(mutex_);
  if (closed_.exchange(true)) return;
  ::shutdown(fd_, SHUT_RDWR);
  if (auto fn = std::exchange(on_close_, nullptr)) fn();
}

void StreamSink::finish(bool whole) {
  {
    MutexLock lock(mutex_);
    on_close_ = nullptr;
  }
  if (whole && chunked_) write_plain("0\r\n\r\n");
}

}  // namespace bus::http
