// Which events of a batch are on their way, which have arrived, and what the batch is answered in the end.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::http {

// Several messages may be on their way at once; each holds a range of events. A failure stops what is not
// sent yet; what is on its way is waited for. Events behind a failure that have arrived are remembered and
// not sent again.
class Flight {
 public:
  struct Range {
    std::size_t first = 0, count = 0;
  };

  // A new batch; nothing may be on its way.
  void begin(const Batch& batch);
  // The next event to be sent; nullopt: there is none (any more).
  std::optional<std::size_t> next() const;
  // How many there are in one piece from there on, none of which was sent.
  std::size_t run(std::size_t first) const;

  void sent(Range range);
  void arrived(Range range);
  // Nothing of it has arrived. The foremost failure is the one that counts. With Code::invalid only the
  // range's first event is to blame.
  void failed(Range range, Delivery why);
  // It shall be sent again, in smaller pieces.
  void returned(Range range);
  // Nothing is sent any more.
  void stop() { stopped_ = true; }

  std::size_t on_their_way() const { return on_their_way_; }
  // Events from the front that have arrived.
  std::size_t front() const { return front_; }
  // The answer, once nothing is on its way and nothing is left to be sent; nullopt before.
  std::optional<Delivery> answer() const;

 private:
  enum class State : std::uint8_t { waiting, sent, arrived };
  void set(Range range, State state);

  std::vector<State> states_;
  std::vector<std::uint64_t> seqs_;
  std::set<std::uint64_t> ahead_;  // arrived in an earlier flight, behind a failure
  std::size_t front_ = 0, on_their_way_ = 0;
  std::optional<Delivery> failure_;
  std::size_t failed_at_ = 0;
  bool stopped_ = false;
};

}  // namespace bus::http
