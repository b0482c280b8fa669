// Reader: somebody who subscribes, and reads in one of the ways that people do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/json/reader.h"
#include "tests/integration/delivery/oracle.h"
#include "tests/integration/delivery/stack.h"

namespace bus::integration {

struct Habits {
  std::string name;
  const Interest* interest = nullptr;
  bool follower = false;        // client::Follower, which mends its connection itself; else bare frames
  bool acknowledges = false;    // with a named cursor, now and then
  bool hangs_up = false;        // at any moment, also between receiving and acknowledging
  bool dawdles = false;         // stops reading until much more was published
  std::size_t joins_after = 0;  // so many facts
  std::size_t facts = 0;        // that there will be, without the last
  std::uint64_t seed = 0;
};

// What a frame of a subscription says; an error if it ends it.
Result<Seen> seen_in(json::Node frame);

// One subscription on one connection. Private to the reader's thread.
class Line {
 public:
  virtual ~Line() = default;
  // An error: the line is dead.
  virtual Result<Seen> next(Mono deadline) = 0;
  virtual Status acknowledge(std::uint64_t seq) = 0;
};

// run() by one thread; the rest after it has returned.
class Reader {
 public:
  Reader(Stack& stack, const Oracle& oracle, Habits habits, Mono deadline)
      : stack_(stack),
        oracle_(oracle),
        habits_(std::move(habits)),
        deadline_(deadline),
        dice_(habits_.seed) {}

  // Reads until the last fact has come (and is acknowledged), or the deadline has passed.
  void run();

  // What came is what had to come, and it came to the end.
  Status verify() const;
  std::size_t sessions() const { return sessions_.size(); }
  std::size_t gaps() const { return gaps_; }

 private:
  // Null: no host answers at the moment.
  std::unique_ptr<Line> open();
  std::unique_ptr<Line> open_bare();
  std::unique_ptr<Line> open_follower();
  void read_from(Line& line);
  void note(const Seen& seen);
  // False: the line is dead.
  bool maybe_acknowledge(Line& line, const Seen& seen);
  Status acknowledge(Line& line, std::uint64_t seq);
  std::vector<std::uint64_t> starts() const;

  Stack& stack_;
  const Oracle& oracle_;
  const Habits habits_;
  const Mono deadline_;
  std::mt19937_64 dice_;
  std::vector<Session> sessions_;
  std::uint64_t position_ = 0;           // without a cursor: everything up to here has come
  std::uint64_t acknowledged_ = 0;       // with one: what the host has confirmed
  std::vector<std::uint64_t> in_doubt_;  // acknowledgements above that were not answered
  std::size_t gaps_ = 0;
  std::string wrong_;
  bool finished_ = false;
};

}  // namespace bus::integration
