// The open end of a streaming response. For this folder only.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/http/message.h"
#include "core/http/route_entry.h"

namespace bus::http {

class StreamSink final : public Sink, public Closable {
 public:
  // `fd` must stay open as long as this lives.
  StreamSink(int fd, bool chunked, milliseconds write_deadline)
      : fd_(fd), chunked_(chunked), write_deadline_(write_deadline) {}

  bool write(std::string_view bytes) override;
  bool closed() const override { return closed_.load(); }
  void on_close(std::function<void()> fn) override;

  // As write(), without the framing of chunks.
  bool write_plain(std::string_view bytes);
  // Ends a write that waits, too.
  void close() override;
  // The stream's function has returned: forgets on_close, and ends the body if `whole`.
  void finish(bool whole);

 private:
  const int fd_;
  const bool chunked_;
  const milliseconds write_deadline_;
  std::atomic<bool> closed_ = false;
  Mutex mutex_;
  std::function<void()> on_close_ BUS_GUARDED_BY(mutex_);
};

}  // namespace bus::http
