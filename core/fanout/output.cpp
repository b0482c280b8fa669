#include "core/fanout/output.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "core/wire/frame.h"

namespace bus::fanout {
namespace {

constexpr std::size_t kShareFrom = 16u << 10;   // a larger event is not copied
constexpr std::size_t kPieceBytes = 64u << 10;  // a piece that is copied together ends about here
constexpr std::size_t kVector = 16;

}  // namespace

std::string& Output::tail() {
  if (pieces_.empty() || pieces_.back().shared || pieces_.back().own.size() >= kPieceBytes)
    pieces_.emplace_back();
  return pieces_.back().own;
}

void Output::frame(std::string_view body) {
  std::string& out = tail();
  wire::append_header(out, body.size());
  out += body;
  bytes_ += wire::kHeader + body.size();
}

void Output::event_frame(std::string_view prefix, const store::RecordPtr& record, bool head_only) {
  // The event's last brace is always there; without data it is put back by hand.
  const std::string_view event = head_only ? record->json.head_open() : std::string_view(record->json.text);
  const std::string_view end = head_only ? "}}" : "}";
  const std::size_t size = prefix.size() + event.size() + end.size();
  std::string& out = tail();
  wire::append_header(out, size);
  out += prefix;
  if (event.size() < kShareFrom) {
    out += event;
    out += end;
  } else {
    pieces_.push_back({{}, record, event});
    tail() += end;
  }
  bytes_ += wire::kHeader + size;
}

Result<bool> Output::flush(int fd) {
  while (bytes_ != 0) {
    std::array<iovec, kVector> parts;
    std::size_t count = 0;
    for (const Piece& piece : pieces_) {
      std::string_view text = piece.text();
      if (count == 0) text.remove_prefix(written_);
      parts[count++] = {const_cast<char*>(text.data()), text.size()};
      if (count == kVector) break;
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (n < 0) return error(Code::unavailable, "the peer is gone");
    bytes_ -= static_cast<std::size_t>(n);
    written_ += static_cast<std::size_t>(n);
    while (!pieces_.empty() && written_ >= pieces_.front().text().size()) {
      written_ -= pieces_.front().text().size();
      pieces_.pop_front();
    }
  }
  pieces_.clear();
  pieces_.shrink_to_fit();
  written_ = 0;
  return true;
}

}  // namespace bus::fanout
