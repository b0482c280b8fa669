// Link: the socket between the host and a plugin's child process, as frames.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/plugin/child_protocol.h"

namespace bus::plugin {

struct Received {
  Frame frame = Frame::result;
  std::uint64_t number = 0;
  std::string_view body;  // valid until the next receive()
};

// Sending is safe for concurrent use; receiving is one thread's.
class Link {
 public:
  enum class Side : std::uint8_t {
    host,   // never waits for the other: what it does not take is held, up to kMaxUnsent
    child,  // waits
  };
  Link(UniqueFd socket, Side side) : socket_(std::move(socket)), side_(side) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Code::unavailable: the other end is gone. Code::limit: it does not read, and is not to be talked to any
  // more. Code::invalid: the frame is too long, and nothing was sent.
  Status send(Frame frame, std::uint64_t number, std::string_view body);
  // Sends what is held. True if nothing is left.
  Result<bool> flush();
  bool has_unsent() const;

  // The next frame, if it is here whole; with Side::child it waits. Code::unavailable: the other end is gone.
  // Code::invalid: that is no frame. Code::limit: send() has found that the other end does not read.
  Result<bool> receive(Received& out);

  // True if something was read from the socket that receive() has not given yet; maybe not a whole frame.
  bool has_received() const { return taken_ < in_.size(); }

  int fd() const { return socket_.get(); }

 private:
  Status send_some() BUS_REQUIRES(mutex_);
  Result<bool> read_some();

  const UniqueFd socket_;
  const Side side_;
  std::atomic<bool> choked_{false};
  mutable Mutex mutex_;
  std::string unsent_ BUS_GUARDED_BY(mutex_);
  std::size_t sent_ BUS_GUARDED_BY(mutex_) = 0;  // of `unsent_`, from its front

  std::string in_;
  std::size_t taken_ = 0;  // of `in_`, from its front
};

}  // namespace bus::plugin
