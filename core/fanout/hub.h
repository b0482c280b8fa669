// Hub: passes stored events on to readers, each at its own place in the log, without gaps and in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/metrics/registry.h"
#include "core/predicate/predicate.h"
#include "core/store/store.h"

namespace bus::fanout {

// Events that retention took before the reader came to them: from and to are lost for this reader.
struct Gap {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

struct Batch {
  std::vector<store::RecordPtr> records;  // in seq order
  std::optional<Gap> gap;                 // lies before the records
  std::uint64_t position = 0;             // everything up to here has been looked at
  bool caught_up = false;                 // nothing more until the next wake
};

struct ReaderOptions {
  std::uint64_t after = 0;                        // starts behind this seq
  std::optional<predicate::Predicate> predicate;  // only events that match; all without
  bool reports_all = true;                        // false: task reports only if they moved the task
  std::function<void()> wake;                     // see Reader; may be empty
  std::size_t buffer_bytes = 1u << 20;            // live events kept for a reader that is behind
};

// One place in the log. read() by one thread at a time; it never waits for new events.
//
// After read() said caught_up, wake is called once as soon as there is more. It is called with locks held,
// from the publishing thread, and must only set a flag, signal a condition or write an eventfd.
class Reader {
 public:
  virtual ~Reader() = default;
  // The next matching events, at most `most` and about `bytes` of JSON. Looks at a bounded number of events:
  // a batch may be empty and yet not caught up.
  virtual Result<Batch> read(std::size_t most, std::size_t bytes) = 0;
  virtual std::uint64_t position() const = 0;
};

// Safe for concurrent use.
class Hub {
 public:
  Hub(const store::Store& store, metrics::Registry& metrics);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  std::unique_ptr<Reader> open(ReaderOptions options);

  // Offers newly stored events, in seq order, to the readers that they may concern. Called by ingest only, by
  // one thread at a time.
  void publish(std::span<const store::RecordPtr> records);

  // The last published seq.
  std::uint64_t head() const;
  std::size_t readers() const;

 private:
  std::shared_ptr<struct HubCore> core_;
};

}  // namespace bus::fanout
