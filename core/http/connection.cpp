#include "core/http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace bus::http {
namespace {

constexpr std::size_t kReadSize = 16u << 10;
constexpr std::size_t kMaxReserve = 256u << 10;
constexpr std::size_t kLightBody = 64u << 10;
constexpr std::size_t kMaxDrain = 1024u << 10;
constexpr milliseconds kDrainTime{1'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(UniqueFd fd, std::string peer, bool is_local, ServerState& state)
    : fd_(std::move(fd)), peer_(std::move(peer)), is_local_(is_local), state_(state) {
  ++state_.open;
  deadline_ = state_.now() + state_.options.header_deadline;
}

Connection::~Connection() {
  state_.body_bytes -= charged_;
  --state_.open;
}

Next Connection::advance() {
  for (;;) {
    Step next;
    switch (phase_) {
      case Phase::idle:
      case Phase::head:
        next = advance_head();
        break;
      case Phase::body:
        next = advance_body();
        break;
      case Phase::writing:
        next = advance_writing();
        break;
      case Phase::draining:
        next = drain();
        break;
      case Phase::handling:
        return Next::handle;
    }
    if (next) return *next;
  }
}

Connection::Step Connection::receive() {
  char buffer[kReadSize];
  const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n > 0) {
    in_.append(buffer, static_cast<std::size_t>(n));
    return std::nullopt;
  }
  if (n < 0 && errno == EINTR) return std::nullopt;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Next::read;
  return Next::close;
}

Connection::Step Connection::advance_head() {
  if (in_.empty()) return receive();
  if (phase_ == Phase::idle) {
    phase_ = Phase::head;
    scanned_ = 0;
    started_ = state_.now();
    deadline_ = started_ + state_.options.header_deadline;
  }
  const HeadEnd end = find_head_end(in_, scanned_);
  if (end.state == HeadEnd::malformed) {
    return refuse_with(Reason::bad_request, refuse(400, "bad_request", "this is not an HTTP request",
                                                   "lines end in CR LF, and the port speaks plain HTTP"));
  }
  if (std::max(end.size, end.state == HeadEnd::incomplete ? in_.size() : 0) >
      state_.options.max_header_bytes) {
    return refuse_with(Reason::header_too_large,
                       refuse(431, "header_too_large", "the headers are too large"));
  }
  if (end.state == HeadEnd::complete) return accept_head(end.size);
  scanned_ = in_.size();
  return receive();
}

Connection::Step Connection::accept_head(std::size_t size) {
  head_bytes_.assign(in_, 0, size);
  in_.erase(0, size);
  auto read = read_head(head_bytes_);
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    const Reason reason =
        refusal->status == 431 || refusal->status == 414 ? Reason::header_too_large : Reason::bad_request;
    return refuse_with(reason, refuse(refusal->status, refusal->code, refusal->message));
  }
  head_ = std::move(std::get<Head>(read));
  auto match = state_.router.match(head_.method, head_.path);
  if (std::holds_alternative<Router::NotFound>(match)) {
    return refuse_with(Reason::no_such_route, refuse(404, "not_found", "there is nothing here"));
  }
  if (const auto* others = std::get_if<Router::NotAllowed>(&match)) {
    Response response = refuse(405, "method_not_allowed", "this method is not for this path", others->allow);
    response.headers.emplace_back("Allow", others->allow);
    return refuse_with(Reason::method, std::move(response));
  }
  entry_ = std::move(std::get<std::shared_ptr<RouteEntry>>(match));
  return begin_body();
}

Connection::Step Connection::begin_body() {
  if (head_.body == BodyKind::fixed && head_.length > entry_->route().max_body) {
    return refuse_with(Reason::body_too_large,
                       refuse(413, "body_too_large", "the body is too long",
                              "at most " + std::to_string(entry_->route().max_body) + " bytes"));
  }
  phase_ = Phase::body;
  deadline_ = started_ + state_.options.request_deadline;
  chunks_ = {};
  request_.body.clear();
  if (head_.body == BodyKind::fixed) {
    request_.body.reserve(std::min(static_cast<std::size_t>(head_.length), kMaxReserve));
  }
  if (head_.expects_continue && head_.body != BodyKind::none && in_.empty()) {
    const ssize_t n = ::send(fd_.get(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n != static_cast<ssize_t>(kContinue.size())) return Next::close;
  }
  return std::nullopt;
}

// Moves what is there of the body out of in_. False if the chunks are malformed.
bool Connection::take_body() {
  std::size_t used = 0;
  if (head_.body == BodyKind::fixed) {
    used = std::min(static_cast<std::size_t>(head_.length) - request_.body.size(), in_.size());
    request_.body.append(in_, 0, used);
  } else if (head_.body == BodyKind::chunked) {
    used = chunks_.feed(in_, request_.body);
  }
  in_.erase(0, used);
  return chunks_.state() != ChunkDecoder::State::malformed;
}

Connection::Step Connection::advance_body() {
  if (!take_body()) {
    return refuse_with(Reason::bad_request,
                       refuse(400, "bad_request", "the chunks of the body are malformed"));
  }
  if (request_.body.size() > entry_->route().max_body) {
    return refuse_with(Reason::body_too_large,
                       refuse(413, "body_too_large", "the body is too long",
                              "at most " + std::to_string(entry_->route().max_body) + " bytes"));
  }
  const std::size_t more = request_.body.size() - charged_;
  charged_ += more;
  if (more != 0 && (state_.body_bytes += more) > state_.options.max_body_memory) {
    return refuse_with(Reason::body_memory, refuse(503, "busy", "too many long requests at the same time",
                                                   "try again in a moment"));
  }
  const bool done = head_.body == BodyKind::chunked ? chunks_.state() == ChunkDecoder::State::done
                                                    : request_.body.size() == head_.length;
  if (!done) return receive();
  phase_ = Phase::handling;
  return Next::handle;
}

Next Connection::handle() {
  request_.method = head_.method;
  request_.path = head_.path;
  request_.query = head_.query;
  request_.headers = std::move(head_.headers);
  request_.peer = peer_;
  request_.is_local = is_local_;
  complete_ = state_.now();
  auto pass = entry_->enter();
  if (!pass) {
    refuse_with(Reason::no_such_route, refuse(404, "not_found", "there is nothing here any more"));
    return advance();
  }
  if (entry_->route().later) {
    pass_.emplace(std::move(pass));
    return handle_later();
  }
  Response response = entry_->run(request_);
  entry_->count(response.status, state_.now() - complete_);
  if (response.stream && head_.method != "HEAD") {
    StreamTask& stream = stream_.emplace();
    stream.chunked = head_.minor == 1;
    stream.head = write_response(response, shape_of(response), state_.clock.now());
    stream.run = std::move(response.stream);
    stream.entry = entry_;
    stream.pass.emplace(std::move(pass));
    return Next::stream;
  }
  answer(response);
  return advance();
}

Next Connection::handle_later() {
  reply_ = std::make_shared<LaterReply>(state_.desk);
  deadline_ = complete_ + entry_->route().patience;
  entry_->run_later(request_, reply_);
  if (auto response = reply_->take()) return give(std::move(*response));
  return Next::answer;
}

Next Connection::give(Response response) {
  response.stream = nullptr;
  reply_.reset();
  entry_->count(response.status, state_.now() - complete_);
  pass_.reset();
  answer(response);
  return advance();
}

Next Connection::refuse_stream(const Response& response) {
  stream_.reset();
  refuse_with(Reason::streams, response);
  return advance();
}

Shape Connection::shape_of(const Response& response) const {
  Shape shape;
  shape.close = response.close || !head_.keep_alive || response.stream != nullptr;
  shape.say_keep_alive = head_.minor == 0;
  if (response.stream) {
    shape.body = head_.minor == 1 ? Shape::chunked : Shape::to_the_end;
  } else if (head_.method == "HEAD") {
    shape.body = Shape::none;
  }
  return shape;
}

void Connection::answer(const Response& response) {
  drop_body();  // before anybody learns of the answer, and not for as long as it takes to be read
  const Shape shape = shape_of(response);
  out_ = write_response(response, shape, state_.clock.now());
  sent_ = 0;
  close_after_ = shape.close;
  drain_after_ = head_.keep_alive;  // who did not say that this is the last request may have sent another
  phase_ = Phase::writing;
  deadline_ = state_.now() + state_.options.write_deadline;
}

Connection::Step Connection::refuse_with(Reason reason, Response response) {
  state_.refused(reason);
  response.close = true;
  answer(response);
  drain_after_ = true;
  return std::nullopt;
}

Next Connection::turn_away(Reason reason, const Response& response) {
  refuse_with(reason, response);
  return advance();
}

Connection::Step Connection::advance_writing() {
  while (sent_ < out_.size()) {
    const ssize_t n =
        ::send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Next::write;
    if (n < 0) return Next::close;
    sent_ += static_cast<std::size_t>(n);
  }
  finish_request();
  if (!close_after_) {
    phase_ = Phase::idle;
    deadline_ = state_.now() + state_.options.keep_alive;
    if (in_.empty()) return Next::read;
    return std::nullopt;
  }
  if (!drain_after_ && in_.empty()) return Next::close;
  // Closing with unread bytes would reset the connection and take the answer away from the client.
  ::shutdown(fd_.get(), SHUT_WR);
  phase_ = Phase::draining;
  deadline_ = state_.now() + kDrainTime;
  return std::nullopt;
}

void Connection::finish_request() {
  out_.clear();
  head_ = {};
  request_.headers.clear();
  drop_body();
  entry_.reset();
}

void Connection::drop_body() {
  request_.body.clear();
  if (request_.body.capacity() > kMaxReserve) request_.body.shrink_to_fit();
  state_.body_bytes -= std::exchange(charged_, 0);
}

Connection::Step Connection::drain() {
  in_.clear();
  const Step step = receive();
  drained_ += in_.size();
  return drained_ > kMaxDrain ? Next::close : step;
}

Next Connection::time_out() {
  const Response late = refuse(408, "timeout", "the request did not come in time");
  switch (phase_) {
    case Phase::head:
      return turn_away(Reason::header_timeout, late);
    case Phase::body:
      return turn_away(Reason::body_timeout, late);
    case Phase::writing:
      state_.refused(Reason::write_timeout);
      return Next::close;
    case Phase::idle:
      state_.refused(Reason::idle);
      return Next::close;
    case Phase::handling:
      reply_->give_up();
      return give(refuse(503, "timeout", "the answer did not come in time", "send it again"));
    case Phase::draining:
      break;
  }
  return Next::close;
}

bool Connection::is_light() const {
  return entry_->route().later && request_.body.size() <= kLightBody;
}

void Connection::rest() {
  for (std::string* buffer : {&in_, &head_bytes_, &request_.body, &out_}) {
    if (buffer->empty() || buffer == &head_bytes_) std::string().swap(*buffer);
  }
  request_.headers = {};
}

}  // namespace bus::http
