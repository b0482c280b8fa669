// One connection of a client: reads a request, keeps what is not sent yet of the answer, and never waits.
// For this folder only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/gate.h"
#include "core/base/unique_fd.h"
#include "core/http/chunked.h"
#include "core/http/guard.h"
#include "core/http/later.h"
#include "core/http/message.h"
#include "core/http/response_text.h"
#include "core/http/route_entry.h"
#include "core/http/server_state.h"

namespace bus::http {

// What a connection needs before it can go on.
enum class Next {
  read,    // bytes from the client
  write,   // the client to take some
  handle,  // a thread that calls handle(): a worker, but see is_light()
  answer,  // the handler to answer; park() is next
  stream,  // a thread that runs the stream
  close,   // nothing; it is over
};

// A stream that a handler asked for: its function, and what keeps its route there.
struct StreamTask {
  std::function<void(Sink&)> run;
  std::string head;  // to be sent first
  bool chunked = true;
  std::shared_ptr<RouteEntry> entry;
  std::optional<Gate::Pass> pass;
};

// Belongs to one thread at a time.
class Connection {
 public:
  // `fd` is nonblocking. `state` must live longer.
  Connection(UniqueFd fd, std::string peer, bool is_local, ServerState& state);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_.get(); }
  // Whether epoll knows it. Admission's to keep.
  bool in_epoll = false;
  // When to call time_out(), as long as nothing else happened.
  Mono deadline() const { return deadline_; }
  // True between requests, when closing hurts nobody.
  bool is_idle() const { return phase_ == Phase::idle; }
  bool is_writing() const { return phase_ == Phase::writing; }
  // Whether handle() is short enough for the thread that reads all requests. REQUIRES: Next::handle was said.
  bool is_light() const;

  // Reads, writes and parses as far as that goes without waiting.
  Next advance();
  // The deadline has passed: answers 408 where somebody waits for an answer, 503 where we are the late ones.
  Next time_out();
  // Turns the client away before it has said anything.
  Next turn_away(Reason reason, const Response& response);
  // Runs the handler, then goes on as advance(). REQUIRES: Next::handle was said last.
  Next handle();
  // REQUIRES: Next::answer was said last.
  const std::shared_ptr<LaterReply>& reply() const { return reply_; }
  // The answer that reply() was given; goes on as advance(). REQUIRES: as reply().
  Next give(Response response);
  // Gives memory back while nothing happens.
  void rest();

  // REQUIRES: Next::stream was said last.
  StreamTask& stream() { return *stream_; }
  // Instead of the stream; goes on as advance().
  Next refuse_stream(const Response& response);

 private:
  enum class Phase { idle, head, body, handling, writing, draining };

  // nullopt: go on with the phase that is now.
  using Step = std::optional<Next>;
  Step advance_head();
  Step advance_body();
  Step advance_writing();
  Step drain();
  Step receive();
  Step accept_head(std::size_t size);
  Step begin_body();
  Step refuse_with(Reason reason, Response response);
  bool take_body();
  Next handle_later();
  void answer(const Response& response);
  void finish_request();
  void drop_body();
  Shape shape_of(const Response& response) const;

  UniqueFd fd_;
  const std::string peer_;
  const bool is_local_;
  ServerState& state_;
  Phase phase_ = Phase::idle;
  Mono deadline_;
  Mono started_;   // of the request
  Mono complete_;  // of the request

  std::string in_;           // received, not used yet
  std::size_t scanned_ = 0;  // of in_, for the end of the head
  std::string head_bytes_;   // head_ and request_ look into it
  Head head_;
  Request request_;
  ChunkDecoder chunks_;
  std::size_t charged_ = 0;  // of ServerState::body_bytes
  std::shared_ptr<RouteEntry> entry_;
  std::optional<Gate::Pass> pass_;  // while the answer is to come; goes before its entry
  std::shared_ptr<LaterReply> reply_;
  std::optional<StreamTask> stream_;

  std::string out_;
  std::size_t sent_ = 0;
  bool close_after_ = false;
  bool drain_after_ = false;  // bytes may come that nobody will read
  std::size_t drained_ = 0;
};

}  // namespace bus::http
