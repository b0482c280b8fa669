#include "sources/github/websocket_client.h"

#include <sys/random.h>

#include <array>
#include <utility>

namespace bus::github {
namespace {

template <std::size_t size>
std::array<std::uint8_t, size> random_bytes() {
  std::array<std::uint8_t, size> bytes{};
  // At most 256 bytes come whole once the system's generator is seeded.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(size))
    throw Failure(unavailable("the system gives no random bytes"));
  return bytes;
}

// The URL that the host understands; the schemes differ in their names alone.
std::string http_url(std::string_view url) {
  if (url.starts_with("ws://") || url.starts_with("wss://")) return "http" + std::string(url.substr(2));
  return std::string(url);
}

}  // namespace

WebSocket::WebSocket(Host host, std::size_t max_message)
    : host_(host), max_message_(max_message), stream_(host), alive_(host) {}

Status WebSocket::open(std::string_view url, Http::Headers headers, Calls calls) {
  close();
  calls_ = std::move(calls);
  key_ = websocket_key(random_bytes<16>());
  headers.emplace_back("Sec-WebSocket-Key", key_);
  headers.emplace_back("Sec-WebSocket-Version", "13");
  Stream::Request request;
  request.url = http_url(url);
  request.headers = std::move(headers);
  request.upgrade = "websocket";
  return stream_.open(
      request,
      {[this](const Http::Answer& head) { take_head(head); }, [this](std::string_view bytes) { take(bytes); },
       [this](const Status& why) { over(why.ok() ? "the connection has ended" : why.message(), 0); }});
}

void WebSocket::take_head(const Http::Answer& head) {
  if (head.http != 101)
    return over("the server answered the handshake with " + std::to_string(head.http), head.http);
  if (head.header("sec-websocket-accept") != websocket_accept(key_) ||
      !head.header("sec-websocket-protocol").empty() || !head.header("sec-websocket-extensions").empty()) {
    return over("the server's handshake is none of a WebSocket", 0);
  }
  reader_.emplace(max_message_);
  heard_ = true, asked_ = false;
  if (const Status armed = alive_.every(kQuiet, [this] { look(); }); !armed.ok())
    host_.log(BUS_LOG_WARNING, armed.message());
  if (calls_.opened) calls_.opened();
}

void WebSocket::take(std::string_view bytes) {
  heard_ = true;
  while (reader_ && !bytes.empty()) {
    const auto message = reader_->next(bytes);
    if (const auto& failure = reader_->failure()) return fail(failure->code, failure->reason);
    if (message) take_message(*message);  // which may end this
  }
}

void WebSocket::take_message(const WebSocketMessage& message) {
  switch (message.kind) {
    case WebSocketKind::text:
    case WebSocketKind::binary: {
      const auto call = calls_.message;  // it may replace the calls
      if (call) call(message.payload);
      return;
    }
    case WebSocketKind::ping:
      (void)stream_.write(websocket_frame(WebSocketKind::pong, message.payload, random_bytes<4>()));
      return;
    case WebSocketKind::pong:
      return;
    case WebSocketKind::close: {
      const std::uint16_t code = message.close_code == kCloseNoStatus ? kCloseNormal : message.close_code;
      (void)stream_.write(websocket_close(code, {}, random_bytes<4>()));
      std::string why = "the server has closed the connection (" + std::to_string(message.close_code);
      if (!message.payload.empty()) why += ", " + message.payload;
      return over(why + ")", 0);
    }
  }
}

// Of the timer.
void WebSocket::look() {
  if (std::exchange(heard_, false)) {
    asked_ = false;
  } else if (std::exchange(asked_, true)) {
    fail(kCloseAway, "the server has fallen silent");
  } else {
    (void)stream_.write(websocket_frame(WebSocketKind::ping, {}, random_bytes<4>()));
  }
}

Status WebSocket::send(std::string_view text) {
  if (!reader_) return unavailable("the WebSocket is not open");
  return stream_.write(websocket_frame(WebSocketKind::text, text, random_bytes<4>()));
}

void WebSocket::fail(std::uint16_t code, std::string_view why) {
  (void)stream_.write(websocket_close(code, why, random_bytes<4>()));
  over(std::string(why), 0);
}

void WebSocket::over(const std::string& why, int http) {
  alive_.cancel();
  reader_.reset();
  stream_.close();
  const Calls calls = std::exchange(calls_, {});
  if (calls.closed) calls.closed(why, http);
}

void WebSocket::close() {
  calls_ = {};
  alive_.cancel();
  if (reader_) (void)stream_.write(websocket_close(kCloseNormal, {}, random_bytes<4>()));
  reader_.reset();
  stream_.close();
}

}  // namespace bus::github
