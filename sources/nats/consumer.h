// The reading end: a thread that takes messages off a durable consumer, has them stored, and acknowledges
// what is.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/nats/link.h"
#include "sources/nats/message.h"

namespace bus::nats {

struct ConsumerSettings {
  std::string stream, subject, durable, origin;
  bool from_now = false;  // a consumer that is new begins with what comes, not with what the stream keeps
};

// A message is acknowledged when it is stored, or was before; one that is never an event is terminated, so
// that the server does not offer it again. One that cannot be stored now is offered again later.
class Consumer {
 public:
  // Throws Failure for settings that are wrong. Touches nothing outside.
  Consumer(Host host, ConsumerSettings settings);
  ~Consumer() { stop(); }

  void start();
  // When it has returned nothing is emitted. Safe without start, and twice.
  void stop() noexcept;

 private:
  struct Unsubscribe {
    void operator()(natsSubscription* one) const { natsSubscription_Destroy(one); }
  };
  struct Drop {
    void operator()(natsMsg* one) const { natsMsg_Destroy(one); }
  };
  struct DropContext {
    void operator()(jsCtx* one) const { jsCtx_Destroy(one); }
  };
  using MessagePtr = std::unique_ptr<natsMsg, Drop>;

  void run();
  Status follow();
  Status subscribe();
  Status ensure_consumer(jsCtx* context);
  natsStatus fetch(std::vector<MessagePtr>& messages);
  void take(std::vector<MessagePtr>& messages);
  void settle(std::vector<MessagePtr>& messages, const std::vector<Event>& events);
  void terminate(natsMsg* message, std::string_view why);
  void changed(bool connected, std::string_view why);
  // Returns early when the connection is there again, and, with false, when it is to stop.
  bool pause(std::chrono::milliseconds longest);
  bool stopping();

  Host host_;
  const ConsumerSettings settings_;
  MessageReader reader_;
  Link link_;
  Metric own_, poison_, unstored_, connected_;
  std::unique_ptr<jsCtx, DropContext> context_;  // the thread's

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false, back_ = false;                    // under the mutex
  std::unique_ptr<natsSubscription, Unsubscribe> waiting_;  // replaced under the mutex
  std::thread thread_;
};

}  // namespace bus::nats
