// SinkInstance: a running sink. Reads the log from its own durable place and hands batches over.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "core/fanout/hub.h"
#include "core/plugin/instance.h"
#include "core/predicate/predicate.h"

namespace bus::plugin {

inline constexpr std::size_t kBatchEvents = 256;
inline constexpr std::size_t kBatchBytes = 1u << 20;

// Where it goes on after a start: behind the event that the sink itself says it has safely, else behind its
// cursor in the store ("sink:<name>"), else at the beginning of the log. The sink's word wins in both
// directions. It is ahead of the cursor when the host died between a delivery and saving the cursor: going by
// the cursor would double events. It is behind when the outside lost what it had taken, as a file does in a
// power loss: going by the cursor would lose them. Only a word about events that the log has never had is not
// believed.
//
// The cursor is saved after deliveries, at most four times a second.
class SinkInstance final : public Instance {
 public:
  SinkInstance(const HostServices& services, std::shared_ptr<const Plugin> plugin, std::string name,
               Options options, std::optional<predicate::Predicate> filter);

  // The last event that was answered for.
  std::uint64_t acknowledged() const { return acknowledged_.load(); }
  PluginStatus status() const override;

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
  // False: a pause is needed before the rest of the batch, or everything is done.
  bool deliver_some();
  void reject(std::size_t index, const std::string& reason);
  void batch_done();
  void save_cursor(bool now);
  void wait_and_pump(const Error& why, microseconds least);

  const std::optional<predicate::Predicate> filter_;
  const std::string cursor_;

  // All of the instance's thread.
  const bus_sink* sink_ = nullptr;
  std::unique_ptr<fanout::Reader> reader_;
  RecordArray batch_;
  std::size_t next_ = 0;        // the first record of the batch that is not answered for
  std::uint64_t position_ = 0;  // of the reader behind the batch
  bool caught_up_ = false;
  bool paused_ = false;  // until a timer fires
  std::uint64_t saved_ = 0;
  std::optional<Mono> saved_at_;
  loop::Runner::TimerId save_timer_ = 0;

  std::atomic<std::uint64_t> acknowledged_{0};
};

}  // namespace bus::plugin
