// Wire: one stream of a plugin (bus.stream/1), on a thread of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/http/client.h"
#include "core/http/conversation.h"

namespace bus::plugin {

// Safe for concurrent use, but for run().
class Wire {
 public:
  // Called by run(), in this order; `over` last and once, unless the wire was closed or cancelled before.
  struct Ears {
    std::function<void(http::ClientResponse)> opened;
    std::function<void(std::string)> heard;
    std::function<void(Status)> over;  // Ok: the server has ended it as it should
  };

  static constexpr std::size_t kReadAhead = 1u << 20;  // bytes that are read and not taken

  Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Code::unavailable: more than BUS_STREAM_MAX_WRITE bytes would wait.
  Status write(std::string_view bytes);
  // So many of the bytes that were heard are taken: more may be read.
  void taken(std::size_t bytes);
  // Ends it: when what was written is sent, if it is open, or at once.
  void close();
  void cancel();

  // The thread's life.
  void run(http::HttpClient& client, http::ClientRequest request, const std::string& upgrade,
           const Ears& ears);
  const std::shared_ptr<http::Cancel>& cancellation() const { return cancel_; }

 private:
  // What is written and not sent yet.
  std::string take_out();
  bool closing() const;
  // Waits until what was heard is taken, but for kReadAhead; false if it is closing.
  bool await_room();
  void count(std::size_t heard);
  void wake();
  // Until it is over; Ok: the server has ended it.
  Status listen(http::Conversation& talk, const Ears& ears);

  const std::shared_ptr<http::Cancel> cancel_ = std::make_shared<http::Cancel>();
  const UniqueFd wake_;
  mutable Mutex mutex_;
  CondVar room_;
  std::string out_ BUS_GUARDED_BY(mutex_);
  std::size_t unread_ BUS_GUARDED_BY(mutex_) = 0;
  bool open_ BUS_GUARDED_BY(mutex_) = false;
  bool closing_ BUS_GUARDED_BY(mutex_) = false;
};

}  // namespace bus::plugin
