// The writing end: a batch goes out at once, and then all of it is waited for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bus/plugin.hpp"
#include "sinks/nats/envelope.h"
#include "sources/nats/link.h"

namespace bus::nats {

struct PublisherSettings {
  std::string stream;
  bool create = false;                    // the stream, if it is not there
  std::chrono::seconds max_age{0};        // of messages in a stream that is made; 0: they are kept
  std::chrono::milliseconds ack_wait{0};  // for all acknowledgements of a batch
};

// Used on the sink's thread.
class Publisher {
 public:
  // Throws Failure for settings that are wrong. Touches nothing outside.
  Publisher(Host host, PublisherSettings settings);
  ~Publisher();

  // Connects, and makes the stream for `subjects` if it is to. Nothing to do if that was done.
  Status open(const std::string& subjects);
  void close() noexcept;

  // Sends them all, and waits until the stream has them, or `ack_wait` is over, or the connection is lost.
  // `accepted`: how many from the front the stream has. Code::invalid: the one behind them is larger than the
  // server takes. What lies behind a gap is remembered, and not sent again when it is offered again.
  // REQUIRES: a good open; ids differ.
  Status publish(const std::vector<Envelope>& all, std::size_t& accepted);

 private:
  struct DropContext {
    void operator()(jsCtx* one) const { jsCtx_Destroy(one); }
  };
  enum class Fate : std::uint8_t { waiting, taken, failed };

  static void answered(jsCtx* context, natsMsg* message, jsPubAck* ack, jsPubAckErr* failure,
                       void* self) noexcept;
  void settle(std::string_view id, Fate fate, Status why);
  void count_back(std::size_t messages);
  Status send(const Envelope& one);
  void expect(const std::vector<Envelope>& all, std::size_t count);
  std::size_t settle_batch(const std::vector<Envelope>& all);
  void forget_pending();
  Status create_stream(const std::string& subjects);
  void changed(bool connected, std::string_view why);

  Host host_;
  const PublisherSettings settings_;
  Metric connected_;

  // What is on its way: ids to places in the batch, and what became of them.
  std::mutex mutex_;
  std::condition_variable settled_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<Fate> fates_;
  std::size_t waiting_ = 0;
  std::size_t underway_ = 0;  // messages that the library will still call back for
  Status why_;                // of the first that failed
  std::size_t why_place_ = 0;
  bool lost_ = false;
  std::unordered_set<std::string> ahead_;  // ids that the stream has from behind the last batch's gap

  Link link_;  // its callbacks use the above
  std::unique_ptr<jsCtx, DropContext> context_;
};

}  // namespace bus::nats
