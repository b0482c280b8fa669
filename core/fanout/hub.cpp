#include "core/fanout/hub.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <unordered_map>

#include "core/base/mutex.h"
#include "core/event/json_form.h"
#include "core/json/reader.h"
#include "core/predicate/index.h"

namespace bus::fanout {
namespace {

constexpr std::size_t kPageRows = 256;
constexpr std::size_t kPageBytes = 1u << 20;
constexpr std::size_t kRowsLookedAt =
    1024;  // in one read(), so that a rare predicate does not hold its thread

bool moves(const std::optional<event::Task>& task) {
  return !task || task->effect == event::Effect::moved || task->effect == event::Effect::none;
}

// What publish() and a Reader share. Lock order: the hub's mutex, then a state's.
struct State {
  explicit State(ReaderOptions given) : options(std::move(given)), position(options.after) {}

  const ReaderOptions options;
  Mutex mutex;
  std::deque<store::RecordPtr> buffer BUS_GUARDED_BY(mutex);
  std::size_t buffered BUS_GUARDED_BY(mutex) = 0;
  std::uint64_t position BUS_GUARDED_BY(mutex);
  bool live BUS_GUARDED_BY(mutex) = false;    // the buffer has all that matches behind `position`
  bool asleep BUS_GUARDED_BY(mutex) = false;  // was told that it is caught up, and wants a wake

  enum class Offered { passed_over, kept, kept_and_wake, too_far_behind };

  // Takes a matching event that was just stored.
  Offered offer(const store::RecordPtr& record) BUS_EXCLUDES(mutex) {
    MutexLock lock(mutex);
    if (!live || record->seq <= position) return Offered::passed_over;
    const std::size_t size = record->json.text.size();
    if (buffered + size > options.buffer_bytes && !buffer.empty()) {
      live = false;  // the store has it all
      buffer.clear();
      buffer.shrink_to_fit();
      buffered = 0;
      return Offered::too_far_behind;
    }
    buffer.push_back(record);
    buffered += size;
    return std::exchange(asleep, false) ? Offered::kept_and_wake : Offered::kept;
  }
};
using StatePtr = std::shared_ptr<State>;

}  // namespace

// What the hub and its readers share.
struct HubCore {
  HubCore(const store::Store& store_, metrics::Registry& metrics)
      : store(store_),
        published(metrics.counter("bus_events_published_total", "Events that were offered to readers.")),
        delivered(metrics.counter("bus_deliveries_total", "Events put into the live buffers of readers.")),
        lagged(metrics.counter(
            "bus_reader_lags_total",
            "Live buffers dropped because a reader was too slow; it went on from the store.")),
        open_readers(metrics.gauge("bus_readers", "Open readers of the log: subscribers, sinks, streams.")),
        head_seq(metrics.gauge("bus_head_seq", "The seq of the newest published event.")),
        head(store_.bounds().last) {}

  void offer(const StatePtr& state, const store::RecordPtr& record, std::vector<StatePtr>& wake)
      BUS_REQUIRES(mutex) {
    if (!state->options.reports_all && !moves(record->event->task)) return;
    const State::Offered offered = state->offer(record);
    if (offered == State::Offered::kept_and_wake) wake.push_back(state);
    if (offered == State::Offered::too_far_behind) lagged.add();
    deliveries += offered == State::Offered::kept || offered == State::Offered::kept_and_wake;
  }

  const store::Store& store;
  metrics::Counter published, delivered, lagged;
  metrics::Gauge open_readers, head_seq;
  mutable Mutex mutex;
  predicate::Index index BUS_GUARDED_BY(mutex);
  std::unordered_map<predicate::Index::Handle, StatePtr> selective BUS_GUARDED_BY(mutex);
  std::vector<StatePtr> everything BUS_GUARDED_BY(mutex);
  std::size_t deliveries BUS_GUARDED_BY(mutex) = 0;
  std::atomic<std::uint64_t> head;
};

// The one implementation of Reader.
class HubReader final : public Reader {
 public:
  HubReader(std::shared_ptr<HubCore> hub, StatePtr state) : hub_(std::move(hub)), state_(std::move(state)) {
    MutexLock lock(hub_->mutex);
    if (state_->options.predicate) {
      handle_ = hub_->index.add(*state_->options.predicate);
      hub_->selective.emplace(*handle_, state_);
    } else {
      hub_->everything.push_back(state_);
    }
    hub_->open_readers.add(1);
  }

  ~HubReader() override {
    MutexLock lock(hub_->mutex);
    if (handle_) {
      hub_->index.remove(*handle_);
      hub_->selective.erase(*handle_);
    } else {
      std::erase(hub_->everything, state_);
    }
    hub_->open_readers.add(-1);
  }

  Result<Batch> read(std::size_t most, std::size_t bytes) override;

  std::uint64_t position() const override {
    MutexLock lock(state_->mutex);
    return state_->position;
  }

 private:
  // Takes from the live buffer. False if this reader has to read from the store.
  bool take_live(std::size_t most, std::size_t bytes, Batch& batch);
  // Goes live if nothing was published behind `position`. True if so.
  bool go_live(std::uint64_t position);
  bool wants(const store::Record& record);

  std::shared_ptr<HubCore> hub_;
  StatePtr state_;
  std::optional<predicate::Index::Handle> handle_;
  json::Document document_;  // for predicates over records from the store
  predicate::EventView view_;
};

bool HubReader::take_live(std::size_t most, std::size_t bytes, Batch& batch) {
  const std::uint64_t head = hub_->head.load(std::memory_order_acquire);
  MutexLock lock(state_->mutex);
  if (!state_->live) return false;
  std::size_t size = 0;
  while (!state_->buffer.empty() && batch.records.size() < most && size < bytes) {
    store::RecordPtr& front = state_->buffer.front();
    size += front->json.text.size();
    state_->buffered -= front->json.text.size();
    state_->position = front->seq;
    batch.records.push_back(std::move(front));
    state_->buffer.pop_front();
  }
  if (state_->buffer.empty()) {
    state_->position = std::max(state_->position, head);
    state_->asleep = true;
    batch.caught_up = true;
  }
  batch.position = state_->position;
  return true;
}

bool HubReader::go_live(std::uint64_t position) {
  MutexLock hub_lock(hub_->mutex);
  MutexLock lock(state_->mutex);
  state_->position = position;
  if (position < hub_->head.load(std::memory_order_relaxed)) return false;
  state_->live = true;
  state_->asleep = true;
  return true;
}

bool HubReader::wants(const store::Record& record) {
  const ReaderOptions& options = state_->options;
  if (!options.predicate && options.reports_all) return true;
  const auto node = document_.parse(record.json.text);
  if (!node) return false;
  const auto event = event::decode(*node, {});
  if (!event) return false;
  if (!options.reports_all && !moves(event->task)) return false;
  if (!options.predicate) return true;
  view_.reset(*event, record.data());
  return predicate::matches(*options.predicate, view_);
}

Result<Batch> HubReader::read(std::size_t most, std::size_t bytes) {
  Batch batch;
  if (take_live(most, bytes, batch)) return batch;
  batch.position = position();
  std::size_t size = 0;
  for (std::size_t looked_at = 0; looked_at < kRowsLookedAt && batch.records.size() < most && size < bytes;) {
    auto page =
        hub_->store.read(batch.position, std::min(kPageRows, most - batch.records.size()), kPageBytes);
    if (!page) return std::move(page).error();
    if (!page->records.empty() && page->records.front()->seq > batch.position + 1) {
      // Tell what is there first, and each gap by itself: this one comes with the next batch.
      if (!batch.records.empty() || batch.gap) break;
      batch.gap = Gap{batch.position + 1, page->records.front()->seq - 1};
    }
    for (store::RecordPtr& record : page->records) {
      size += record->json.text.size();
      if (wants(*record)) batch.records.push_back(std::move(record));
    }
    looked_at += page->records.size();
    batch.position = page->last;
    if (page->end) {
      batch.caught_up = go_live(batch.position);
      return batch;
    }
  }
  MutexLock lock(state_->mutex);
  state_->position = batch.position;
  return batch;
}

Hub::Hub(const store::Store& store, metrics::Registry& metrics)
    : core_(std::make_shared<HubCore>(store, metrics)) {}
Hub::~Hub() = default;

std::unique_ptr<Reader> Hub::open(ReaderOptions options) {
  return std::make_unique<HubReader>(core_, std::make_shared<State>(std::move(options)));
}

void Hub::publish(std::span<const store::RecordPtr> records) {
  if (records.empty()) return;
  std::vector<StatePtr> wake;
  predicate::EventView view;
  MutexLock lock(core_->mutex);
  core_->deliveries = 0;
  for (const store::RecordPtr& record : records) {
    for (const StatePtr& state : core_->everything) core_->offer(state, record, wake);
    if (!core_->selective.empty()) {
      view.reset(*record->event, record->data());
      core_->index.match(view, [&](predicate::Index::Handle handle) BUS_REQUIRES(core_->mutex) {
        core_->offer(core_->selective.at(handle), record, wake);
      });
    }
  }
  core_->head.store(records.back()->seq, std::memory_order_release);
  core_->published.add(static_cast<double>(records.size()));
  if (core_->deliveries != 0) core_->delivered.add(static_cast<double>(core_->deliveries));
  core_->head_seq.set(static_cast<double>(records.back()->seq));
  for (const StatePtr& state : wake) {
    if (state->options.wake) state->options.wake();
  }
}

std::uint64_t Hub::head() const {
  return core_->head.load(std::memory_order_acquire);
}

std::size_t Hub::readers() const {
  MutexLock lock(core_->mutex);
  return core_->selective.size() + core_->everything.size();
}

}  // namespace bus::fanout
