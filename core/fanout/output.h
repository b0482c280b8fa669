// Output: what waits to be written to one connection.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/store/store.h"

namespace bus::fanout {

// One thread at a time. Small pieces are copied together; a large event is shared with everybody who gets it.
class Output {
 public:
  // A frame with this body.
  void frame(std::string_view body);
  // A frame made of `prefix`, the event (without its data if `head_only`) and a closing brace.
  void event_frame(std::string_view prefix, const store::RecordPtr& record, bool head_only);

  // Writes what the socket takes now. True: all is written. Code::unavailable: the peer is gone.
  Result<bool> flush(int fd);

  std::size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

 private:
  struct Piece {
    std::string own;
    store::RecordPtr shared;  // keeps `view` alive
    std::string_view view;    // of `shared`; unused for own text
    std::string_view text() const { return shared ? view : std::string_view(own); }
  };

  std::string& tail();

  std::deque<Piece> pieces_;
  std::size_t written_ = 0;  // of the first piece
  std::size_t bytes_ = 0;
};

}  // namespace bus::fanout
