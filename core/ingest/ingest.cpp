#include "core/ingest/ingest.h"

#include <atomic>
#include <deque>
#include <future>
#include <iterator>
#include <thread>

#include "core/base/mutex.h"
#include "core/base/thread_name.h"
#include "core/event/event.h"

namespace bus::ingest {
namespace {

constexpr std::size_t kQueueEvents = 8192;  // waiting for the writer; more makes `queue` wait
constexpr std::size_t kQueueBytes = 64u << 20;
constexpr std::size_t kGroupEvents = 1024;  // in one transaction
constexpr std::size_t kGroupBytes = 8u << 20;
constexpr std::size_t kDirectEvents = 16;  // more are worth a wake-up: their sender may read on meanwhile

// One call of submit() on its way.
struct Submission {
  std::vector<store::NewEvent> events;  // the valid ones
  std::vector<Answer> answers;  // one for each that was handed in; errors of the invalid ones are in place
  std::vector<std::size_t> places;  // events[i] is answered at answers[places[i]]
  Durability durability = Durability::commit;
  Done done;
  std::size_t bytes = 0;
};

Answer not_yet() {
  return error(Code::fault, "not answered");
}

Submission check(std::vector<store::NewEvent> events, Durability durability, Done done) {
  Submission out;
  out.durability = durability;
  out.done = std::move(done);
  out.answers.reserve(events.size());
  out.places.reserve(events.size());
  for (store::NewEvent& incoming : events) {
    if (Status valid = event::validate(incoming.event); !valid) {
      out.answers.push_back(std::move(valid).error());
      continue;
    }
    out.bytes += incoming.event.data.size() + incoming.raw.size() + 512;
    // The valid ones close up over those that are not.
    if (out.places.size() != out.answers.size()) events[out.places.size()] = std::move(incoming);
    out.places.push_back(out.answers.size());
    out.answers.push_back(not_yet());
  }
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(out.places.size()), events.end());
  out.events = std::move(events);
  return out;
}

void finish(Submission& submission) {
  if (submission.done) submission.done(std::move(submission.answers));
}

void fail(Submission& submission, const Error& why) {
  for (std::size_t place : submission.places) submission.answers[place] = why;
  finish(submission);
}

}  // namespace

struct Ingest::Impl {
  Impl(store::Store& store_, fanout::Hub& hub_, metrics::Registry& metrics)
      : store(store_),
        hub(hub_),
        stored(metrics.counter("bus_events_stored_total", "Events stored.")),
        duplicates(metrics.counter("bus_events_duplicate_total", "Events that were there already.")),
        known(metrics.counter("bus_events_known_total", "Polled reports that told nothing new; not stored.")),
        refused(metrics.counter("bus_events_refused_total", "Events refused because they were not valid.")),
        failed(
            metrics.counter("bus_events_failed_total", "Events that could not be stored and were refused.")),
        commits(metrics.counter("bus_commits_total", "Transactions that stored events.")),
        commit_seconds(metrics.histogram("bus_commit_seconds", "Time to commit one group of events.")),
        syncs(metrics.counter("bus_syncs_total",
                              "Times the store was made safe against power loss for a sender.")),
        writer([this] {
          name_thread("bus-writer");
          write();
        }),
        syncer([this] {
          name_thread("bus-sync");
          sync();
        }) {}

  void write();
  void sync();
  // Takes the next group off the queue, and the turn; empty when stopping.
  std::vector<Submission> next_group();
  bool take_turn_or_queue(Submission& submission, Hand hand);
  void end_turn();
  // One transaction for all of them, then publish and answer. REQUIRES: it is the caller's turn.
  void commit(std::span<Submission> group);
  Result<std::vector<store::Appended>> append(std::span<Submission> group);
  void spread(std::span<Submission> group, std::vector<store::Appended> appended);
  void answer(std::span<Submission> group);
  void note(const Status& outcome);

  store::Store& store;
  fanout::Hub& hub;
  metrics::Counter stored, duplicates, known, refused, failed, commits;
  metrics::Histogram commit_seconds;
  metrics::Counter syncs;

  Mutex mutex;
  CondVar filled, room;
  std::deque<Submission> queue BUS_GUARDED_BY(mutex);
  std::size_t queued_events BUS_GUARDED_BY(mutex) = 0;
  std::size_t queued_bytes BUS_GUARDED_BY(mutex) = 0;
  // Somebody's turn: from taking a group to its last answer, so that events are committed, published and
  // answered in the order in which they came.
  bool busy BUS_GUARDED_BY(mutex) = false;
  bool stopping BUS_GUARDED_BY(mutex) = false;

  Mutex sync_mutex;
  CondVar sync_filled;
  std::vector<Submission> to_sync BUS_GUARDED_BY(sync_mutex);
  bool sync_stopping BUS_GUARDED_BY(sync_mutex) = false;

  mutable Mutex trouble_mutex;
  std::string trouble BUS_GUARDED_BY(trouble_mutex);
  std::atomic<bool> troubled{false};

  std::thread writer;
  std::thread syncer;
};

void Ingest::Impl::note(const Status& outcome) {
  if (outcome && !troubled.load(std::memory_order_relaxed)) return;
  MutexLock lock(trouble_mutex);
  trouble = outcome ? std::string() : outcome.error().message;
  troubled = !outcome.ok();
}

void Ingest::Impl::commit(std::span<Submission> group) {
  auto appended = append(group);
  note(appended ? Status(Ok{}) : Status(appended.error()));
  if (!appended) {
    for (Submission& submission : group) {
      failed.add(static_cast<double>(submission.places.size()));
      fail(submission, appended.error());
    }
    return;
  }
  spread(group, std::move(*appended));
  answer(group);
}

Result<std::vector<store::Appended>> Ingest::Impl::append(std::span<Submission> group) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<store::NewEvent> all;
  if (group.size() > 1) {
    std::size_t count = 0;
    for (const Submission& submission : group) count += submission.events.size();
    all.reserve(count);
    for (Submission& submission : group) {
      std::move(submission.events.begin(), submission.events.end(), std::back_inserter(all));
    }
  }
  auto appended = store.append(group.size() > 1 ? std::span(all) : std::span(group.front().events));
  commits.add();
  commit_seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return appended;
}

// Publishes what was stored and puts each outcome into its submission.
void Ingest::Impl::spread(std::span<Submission> group, std::vector<store::Appended> appended) {
  std::vector<store::RecordPtr> records;
  records.reserve(appended.size());
  std::size_t twice = 0, old = 0;
  for (store::Appended& one : appended) {
    twice += one.kind == store::Appended::Kind::duplicate;
    old += one.kind == store::Appended::Kind::known;
    if (one.record) records.push_back(one.record);
  }
  hub.publish(records);
  stored.add(static_cast<double>(records.size()));
  if (twice != 0) duplicates.add(static_cast<double>(twice));
  if (old != 0) known.add(static_cast<double>(old));
  auto next = appended.begin();
  for (Submission& submission : group) {
    for (std::size_t place : submission.places) submission.answers[place] = std::move(*next++);
  }
}

void Ingest::Impl::answer(std::span<Submission> group) {
  const auto wants_sync = [](const Submission& submission) {
    return submission.durability == Durability::disk && !submission.places.empty();
  };
  for (Submission& submission : group) {
    if (!wants_sync(submission)) finish(submission);
  }
  bool wake = false;
  {
    MutexLock lock(sync_mutex);
    for (Submission& submission : group) {
      if (!wants_sync(submission)) continue;
      wake = wake || to_sync.empty();
      to_sync.push_back(std::move(submission));
    }
  }
  if (wake) sync_filled.notify_one();
}

std::vector<Submission> Ingest::Impl::next_group() {
  std::vector<Submission> group;
  MutexLock lock(mutex);
  while (busy || (queue.empty() && !stopping)) filled.wait(mutex);
  busy = !queue.empty();
  std::size_t events = 0, bytes = 0;
  while (!queue.empty() && (group.empty() || (events < kGroupEvents && bytes < kGroupBytes))) {
    Submission& front = queue.front();
    events += front.events.size();
    bytes += front.bytes;
    queued_events -= front.events.size();
    queued_bytes -= front.bytes;
    group.push_back(std::move(front));
    queue.pop_front();
  }
  room.notify_all();
  return group;
}

// True: it is the caller's turn. Else the submission is queued, or refused because the host is stopping.
bool Ingest::Impl::take_turn_or_queue(Submission& submission, Hand hand) {
  bool queued = false, wake = false;
  {
    MutexLock lock(mutex);
    while (hand == Hand::queue && !stopping &&
           (queued_events >= kQueueEvents || queued_bytes >= kQueueBytes)) {
      room.wait(mutex);
    }
    if (!stopping) {
      if (hand == Hand::direct && submission.events.size() <= kDirectEvents && !busy && queue.empty()) {
        return busy = true;
      }
      queued_events += submission.events.size();
      queued_bytes += submission.bytes;
      queue.push_back(std::move(submission));
      queued = true;
      wake = !busy;
    }
  }
  if (wake) filled.notify_one();
  if (queued) return false;
  fail(submission, error(Code::stopping, "the host is stopping", "try again when it is back"));
  return false;
}

void Ingest::Impl::end_turn() {
  MutexLock lock(mutex);
  busy = false;
  if (!queue.empty() || stopping) filled.notify_one();
}

void Ingest::Impl::write() {
  for (;;) {
    std::vector<Submission> group = next_group();
    if (group.empty()) return;
    commit(group);
    end_turn();
  }
}

// One sync answers everybody whose events were committed before it began.
void Ingest::Impl::sync() {
  for (;;) {
    std::vector<Submission> group;
    {
      MutexLock lock(sync_mutex);
      while (to_sync.empty() && !sync_stopping) sync_filled.wait(sync_mutex);
      if (to_sync.empty()) return;
      group.swap(to_sync);
    }
    const Status synced = store.make_durable();
    note(synced);
    syncs.add();
    for (Submission& submission : group) {
      if (synced) {
        finish(submission);
      } else {
        fail(submission, synced.error());
      }
    }
  }
}

Ingest::Ingest(store::Store& store, fanout::Hub& hub, metrics::Registry& metrics)
    : impl_(std::make_unique<Impl>(store, hub, metrics)) {}

Ingest::~Ingest() {
  stop();
}

void Ingest::submit(std::vector<store::NewEvent> events, Durability durability, Hand hand, Done done) {
  Submission submission = check(std::move(events), durability, std::move(done));
  if (const std::size_t bad = submission.answers.size() - submission.places.size(); bad != 0) {
    impl_->refused.add(static_cast<double>(bad));
  }
  if (submission.places.empty()) return finish(submission);
  if (impl_->take_turn_or_queue(submission, hand)) {
    impl_->commit({&submission, 1});
    impl_->end_turn();
  }
}

Answers Ingest::append(std::vector<store::NewEvent> events, Durability durability, Hand hand) {
  auto promise = std::make_shared<std::promise<Answers>>();
  auto answers = promise->get_future();
  submit(std::move(events), durability, hand,
         [promise](Answers given) { promise->set_value(std::move(given)); });
  return answers.get();
}

void Ingest::stop() {
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
    impl_->filled.notify_all();
    impl_->room.notify_all();
  }
  if (impl_->writer.joinable()) impl_->writer.join();
  {
    MutexLock lock(impl_->sync_mutex);
    impl_->sync_stopping = true;
    impl_->sync_filled.notify_all();
  }
  if (impl_->syncer.joinable()) impl_->syncer.join();
}

std::string Ingest::trouble() const {
  MutexLock lock(impl_->trouble_mutex);
  return impl_->trouble;
}

}  // namespace bus::ingest
