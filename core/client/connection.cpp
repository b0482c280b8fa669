#include "core/client/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/file.h"
#include "core/wire/message.h"

namespace bus::client {
namespace {

// How long poll() may wait; -1 for ever.
int wait_ms(std::optional<Mono> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*deadline - system_clock().monotonic());
  return left.count() <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left.count(), 1 << 30));
}

Error gone() {
  return error(Code::unavailable, "the host closed the connection");
}

}  // namespace

Call::Call(std::string_view op) : text_(std::make_unique<std::string>(wire::kHeader, '\0')), writer_(*text_) {
  writer_.begin_object().member("proto", wire::kProtocol).member("op", op);
}

Result<Connection> Connection::open(const std::string& socket_path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return system_error("cannot make a socket", errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) {
    return error(Code::config, "the socket path is too long: " + socket_path);
  }
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) {
      return error(Code::unavailable, "no host is running", "start one with: bus serve");
    }
    return system_error("cannot reach the host at " + socket_path, errno);
  }
  return Connection(std::move(fd));
}

Result<std::int64_t> Connection::send(Call call) {
  const std::int64_t id = next_id_++;
  call.writer_.member("id", id).end_object();
  std::string& text = *call.text_;
  const std::size_t size = text.size() - wire::kHeader;
  if (size > wire::kMaxFrame) return error(Code::limit, "the request is larger than 16 MiB");
  std::string header;
  wire::append_header(header, size);
  text.replace(0, wire::kHeader, header);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t n = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      unread_ = true;
      return gone();
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return id;
}

// Reads once. False when the deadline has passed.
Result<bool> Connection::fill(std::optional<Mono> deadline) {
  pollfd poll{fd_.get(), POLLIN, 0};
  const int ready = deadline ? ::poll(&poll, 1, wait_ms(deadline)) : 1;
  if (ready == 0) return false;
  if (ready < 0) {
    if (errno == EINTR) return error(Code::stopping, "interrupted");
    return system_error("poll", errno);
  }
  std::array<char, 64u << 10> buffer;
  const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EINTR) return error(Code::stopping, "interrupted");
  if (n <= 0) {
    // The kernel says "reset" where bytes of ours were left unread, or nobody had accepted us.
    unread_ = unread_ || (n < 0 && errno == ECONNRESET);
    return gone();
  }
  const Status fed =
      decoder_.feed({buffer.data(), static_cast<std::size_t>(n)}, [this](std::string_view body) {
        frames_.emplace_back(body);
        return true;
      });
  if (!fed) return fed.error();
  return true;
}

Result<Frame> Connection::parse(std::string text) {
  current_ = std::move(text);
  const auto node = document_.parse(current_);
  if (!node) return node.error();
  return Frame{*node, current_};
}

Result<std::optional<Frame>> Connection::next(std::optional<Mono> deadline) {
  while (frames_.empty()) {
    const auto filled = fill(deadline);
    if (!filled) return filled.error();
    if (!*filled) return std::optional<Frame>();
  }
  std::string text = std::move(frames_.front());
  frames_.pop_front();
  auto frame = parse(std::move(text));
  if (!frame) return std::move(frame).error();
  return std::optional<Frame>(*frame);
}

Result<json::Node> Connection::ask(Call call) {
  const auto id = send(std::move(call));
  if (!id) return id.error();
  std::deque<std::string> others;
  for (;;) {
    auto frame = next(std::nullopt);
    if (!frame && frame.error().code == Code::stopping) continue;  // a signal; its handler has done its part
    if (!frame) return std::move(frame).error();
    const std::int64_t answered = (*frame)->id();
    if (answered == *id || answered == 0) break;
    others.push_back(current_);
  }
  frames_.insert(frames_.begin(), std::make_move_iterator(others.begin()),
                 std::make_move_iterator(others.end()));
  const json::Node root = document_.root();
  if (const json::Node why = root["error"]; why.exists()) return wire::read_error(why);
  return root["result"];
}

std::string_view Connection::raw_result() const {
  return json::raw_member(current_, "result");
}

}  // namespace bus::client
