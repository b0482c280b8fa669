// SinkInstance: a running sink. Reads the log from its own durable place and hands batches over.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fanout/hub.h"
#include "core/plugin/dead_letters.h"
#include "core/plugin/instance.h"
#include "core/predicate/predicate.h"

namespace bus::plugin {

inline constexpr std::size_t kBatchEvents = 256;
inline constexpr std::size_t kBatchBytes = 1u << 20;

// What every sink can be told, besides the plugin's own options.
struct SinkSettings {
  std::optional<predicate::Predicate> filter{};  // only these events
  std::size_t batch = kBatchEvents;              // events in one delivery, at most
  RetryBounds retry{};                           // beyond them an event goes to the dead letters
  bool from_now = false;                         // a new sink begins with what comes, not with what is there
};

// What became of a dead letter that was offered again.
struct Redelivered {
  std::uint64_t id = 0;
  Status outcome;
};
// Called exactly once, from any thread, and must not block.
using RedeliveryDone = std::function<void(std::vector<Redelivered>)>;

// Where it goes on after a start: behind the event that the sink itself says it has safely, else behind its
// cursor in the store ("sink:<name>"), else at the beginning of the log. The sink's word wins in both
// directions. It is ahead of the cursor when the host died between a delivery and saving the cursor: going by
// the cursor would double events. It is behind when the outside lost what it had taken, as a file does in a
// power loss: going by the cursor would lose them. Only a word about events that the log has never had is not
// believed, nor about one that it was given out of turn (redeliver()).
//
// An event that the sink refuses for good, or that RetryBounds give up, goes to the dead letters in the
// commit that moves the cursor behind it.
//
// The cursor is saved after deliveries, at most four times a second.
class SinkInstance final : public Instance {
 public:
  SinkInstance(const HostServices& services, std::shared_ptr<const Plugin> plugin, std::string name,
               Options options, SinkSettings settings);

  // Offers these dead letters again, one by one, between its other work. What it takes is no dead letter any
  // more. Does not wait.
  void redeliver(std::vector<std::uint64_t> ids, RedeliveryDone done);

  // Tries again at once, whatever it waits for: the pause before its next try, or for ever, having given up
  // (its plugin reported BUS_HEALTH_FAILED). What waits is offered anew, or what comes next. `done` is called
  // once. Code::invalid: it waits for nothing; Code::unavailable: it is not started. Does not wait.
  void resume(std::function<void(Status)> done);

  // The last event that was answered for.
  std::uint64_t acknowledged() const { return acknowledged_.load(); }
  PluginStatus status() const override;
  Status deliver_answered(std::int32_t code, const bus_delivery& delivery) override;
  Status deliver_progressed(std::size_t accepted) override;

 private:
  Status make(const bus_host* host) override;
  Status open() override;
  void shut() override;
  void drop() override;
  void interrupted() override;

  Result<std::uint64_t> stored_cursor();
  void woken();
  void pump();
  bool fill();
  // False: a pause is needed before the rest of the batch, or the sink answers later.
  bool deliver_some();
  // What deliver or its later answer said. False: a pause is needed.
  bool settle(std::int32_t code, const bus_delivery& delivery);
  // So many from the front of what was offered are taken.
  void accept(std::size_t count);
  // Calls deliver; awaited_ is set if the answer comes later.
  std::int32_t offer(const bus_batch& batch, bus_delivery& delivery);
  bool give_up(const Error& why, std::uint32_t attempts, Time first);
  void batch_done();
  struct Redelivery;
  void redeliver_next();
  Status offer_letter(Redelivery& work);
  Status resume_now();
  // What deliver or its later answer said of the letter that was offered.
  void letter_answered(std::int32_t code, const bus_delivery& delivery);
  void save_cursor(bool now);
  void wait_and_pump(const Error& why, microseconds least);

  const SinkSettings settings_;
  const std::string cursor_;

  // All of the instance's thread.
  DeadLetters dead_letters_;
  Patience patience_;
  const bus_sink* sink_ = nullptr;
  std::unique_ptr<fanout::Reader> reader_;
  RecordArray batch_;
  std::size_t next_ = 0;     // the first record of the batch that is not answered for
  bus_batch offer_{};        // what the last deliver got; valid until it is answered
  std::size_t offered_ = 0;  // the first one that was offered by the last deliver
  bool resumed_ = false;     // somebody asked that it tries again; it is told with the next offer
  bool awaited_ = false;     // deliver has returned BUS_LATER, and the answer is not there yet
  std::deque<std::shared_ptr<Redelivery>> redeliveries_;
  bool redelivering_ = false;   // what was offered last is the letter of the first of them
  std::uint64_t position_ = 0;  // of the reader behind the batch
  bool caught_up_ = false;
  bool paused_ = false;      // until a timer fires
  std::uint64_t pause_ = 0;  // which pause that is
  std::uint64_t saved_ = 0;
  std::optional<Mono> saved_at_;
  loop::Runner::TimerId save_timer_ = 0;

  std::atomic<std::uint64_t> acknowledged_{0};
};

}  // namespace bus::plugin
