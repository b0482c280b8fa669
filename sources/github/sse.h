// Server-sent events, as a browser's EventSource reads them (WHATWG HTML). Pure: bytes in, events out.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bus::github {

struct SseEvent {
  std::string event = "message";
  std::string data = {};
};

class SseReader {
 public:
  // Of a line, and of all the data of one event.
  explicit SseReader(std::size_t max_event) : max_event_(max_event) {}

  // Takes bytes from the front of `bytes` until an event is whole, or all of them. After failed() everything
  // is passed over.
  std::optional<SseEvent> next(std::string_view& bytes);

  // An event was longer than its bound.
  bool failed() const { return failed_; }
  // For the header Last-Event-ID of the next connection; empty: none.
  const std::string& last_id() const { return last_id_; }
  // How long the server wants a client to wait before it comes back.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  std::optional<SseEvent> take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);

  const std::size_t max_event_;
  bool failed_ = false;
  bool first_line_ = true;
  bool after_cr_ = false;  // an LF that comes now belongs to the line end before
  std::string line_;       // so far
  std::string event_, data_;
  bool has_data_ = false;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace bus::github
