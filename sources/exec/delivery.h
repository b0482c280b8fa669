// From a program's lines to the log, and back to the program what became of them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/exec/lines.h"
#include "sources/exec/pace.h"

namespace bus::exec {

// The lines of one read are one commit. While the host cannot store them, or the program does not read what
// it is told, nothing more is read from it: the program waits, nothing is lost and nothing piles up. Of the
// instance's thread.
class Delivery {
 public:
  Delivery(Host host, Program& program, bool acknowledge);

  // A run of the program begins; what is still to be stored stays.
  void begin();
  void take(const std::vector<Program::Line>& lines);
  // Forgets what the program was still to be told.
  void program_ended();
  void stop() noexcept;

  // Lines that are not stored yet.
  std::size_t waiting() const { return waiting_.size(); }

 private:
  void store();
  void settle(std::vector<Item>& items, const std::vector<Receipt>& receipts);
  void set_aside(Item& item);
  void acknowledge();
  void steer();

  Host host_;
  Program& program_;
  const bool acknowledging_;
  LineReader reader_;
  std::deque<Item> waiting_;
  bool stuck_ = false;  // the host did not take them; the timer will try again
  Timer timer_;
  std::string untold_;  // acknowledgements that the program has not been told
  bool deaf_ = false;   // it has no room for them, or wants no more
  Allowance kept_;
  Metric events_, bad_, bad_not_kept_;
};

}  // namespace bus::exec
