// Connection: one conversation with the host over its socket. PROTOCOL.md has the messages.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/json/reader.h"
#include "core/json/writer.h"
#include "core/wire/frame.h"

namespace bus::client {

// A request being written: members go straight into the frame.
//   Call call("events"); call.params().member("limit", 10);
class Call {
 public:
  explicit Call(std::string_view op);
  json::Writer& params() { return writer_; }

 private:
  friend class Connection;
  std::unique_ptr<std::string> text_;  // stays where the writer knows it when the Call is moved
  json::Writer writer_;
};

// A frame from the host, parsed. The views are valid until the next call on the Connection.
struct Frame {
  json::Node node;
  std::string_view text;

  // The answered request, or the subscription that sent it; -1 if the frame has none.
  std::int64_t id() const { return node["id"].integer().value_or(-1); }
  std::int64_t sub() const { return node["sub"].integer().value_or(-1); }
};

// One thread at a time.
class Connection {
 public:
  // Code::unavailable if nobody listens there.
  static Result<Connection> open(const std::string& socket_path);

  // Sends a request and does not wait; its id.
  Result<std::int64_t> send(Call call);
  // The next frame, in the order of coming; nullopt when `deadline` has passed. Code::unavailable: the host
  // is gone.
  Result<std::optional<Frame>> next(std::optional<Mono> deadline);
  // Sends, and waits for the answer to just this request; its `result`. Refusals come back as the host's
  // Error. Frames of subscriptions that come in between are kept for next().
  Result<json::Node> ask(Call call);
  // The bytes of the last answer's result, as they came.
  std::string_view raw_result() const;

  int fd() const { return fd_.get(); }
  // The host went away before it had read all that was sent: what was sent last was not done.
  bool unread() const { return unread_; }
  // Frames are here already, so that polling fd() would wait for nothing.
  bool has_frame() const { return !frames_.empty(); }

 private:
  explicit Connection(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<bool> fill(std::optional<Mono> deadline);
  Result<Frame> parse(std::string text);

  UniqueFd fd_;
  wire::Decoder decoder_{wire::kMaxHostFrame};
  std::deque<std::string> frames_;
  std::string current_;
  json::Document document_;
  std::int64_t next_id_ = 1;
  bool unread_ = false;
};

}  // namespace bus::client
