// When a sink's event is given up, and where it goes then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/plugin/services.h"

namespace bus::plugin {

// How long a sink's event is tried again; 0: without this bound.
struct RetryBounds {
  std::uint32_t attempts = 0;
  microseconds age{0};  // since the first try that failed
};

// Counts the failed tries of the event at the head of a sink's line. One thread.
class Patience {
 public:
  explicit Patience(RetryBounds bounds) : bounds_(bounds) {}

  // A delivery stopped at this event. True: that was its last try.
  bool is_over(std::uint64_t seq, Time now, Mono mono) {
    if (seq != seq_ || attempts_ == 0) {
      seq_ = seq;
      attempts_ = 0;
      first_ = now;
      since_ = mono;
    }
    ++attempts_;
    return (bounds_.attempts != 0 && attempts_ >= bounds_.attempts) ||
           (bounds_.age.count() != 0 && mono - since_ >= bounds_.age);
  }
  // Of the event that is_over() was asked about last.
  std::uint32_t attempts() const { return attempts_; }
  Time first() const { return first_; }

 private:
  const RetryBounds bounds_;
  std::uint64_t seq_ = 0;
  std::uint32_t attempts_ = 0;
  Time first_;
  Mono since_{};
};

// The dead letters of one sink. Its thread.
class DeadLetters {
 public:
  // `cursor` is the name of the sink's place in the log.
  DeadLetters(const HostServices& services, std::string sink, std::string cursor)
      : services_(services), sink_(std::move(sink)), cursor_(std::move(cursor)) {}

  // Keeps the event and moves the sink's cursor behind it, in one commit.
  Status bury(const store::Record& record, const Error& why, std::uint32_t attempts, Time first);
  // The letter, if it is one of this sink's; Code::not_found.
  Result<store::DeadLetter> find(std::uint64_t id) const;
  // It was delivered after all.
  Status taken(std::uint64_t id) const { return services_.store.drop_dead_letter(id); }
  // It was refused once more.
  Status refused(store::DeadLetter letter, const Error& why);

  // The event that was delivered last out of turn, if nothing else was delivered since: a sink that looks up
  // what it wrote last will name it, and it is not its place in the log. Kept in the store.
  std::uint64_t out_of_turn();
  Status set_out_of_turn(std::uint64_t seq);

 private:
  Status keep(const store::DeadLetter& letter, std::string_view cursor);

  const HostServices& services_;
  const std::string sink_, cursor_;
  std::optional<std::uint64_t> out_of_turn_;
};

}  // namespace bus::plugin
