// The containers that have not ended, as far as is known here: what a later message is read in the light of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"

namespace bus::docker {

struct Container {
  State state = State::pending;       // or running
  std::int64_t unobserved_us = 0;     // since when nobody can tell; 0: it is observed
  bool told_unknown = false;          // that was reported
  int asked = 0;                      // the last signal that the engine was asked to send; see End
  bool out_of_memory = false;         // since that signal
  bool tried = false;                 // a start has failed
  std::string name, project, health;  // health: the word that was reported last
};

struct Facts;
// One that is observed, as the engine describes it.
Container fresh(State state, const Facts& facts);
// True if the end of the run that was known fell into a time in which nobody looked.
bool missed_end(const Container* known, std::int64_t next_start_us);

// One thread.
class Containers {
 public:
  static constexpr std::size_t kMost = 4096;

  Container* find(std::string_view id);
  // Puts it there, in place of what was; a further one beyond the bound is not kept.
  void put(std::string_view id, Container container);
  void erase(std::string_view id);
  std::vector<std::string> ids() const;
  std::size_t size() const { return all_.size(); }
  std::map<std::string, Container, std::less<>>& all() { return all_; }

  // From now on nobody can tell how they are.
  void lose_sight(std::int64_t now_us);

  // As text of at most `most` bytes: the first as many as fit.
  std::string save(std::size_t most) const;
  // Takes what save() wrote: each is unobserved since `since_us`. What cannot be read is left out.
  void restore(std::string_view saved, std::int64_t since_us);

 private:
  std::map<std::string, Container, std::less<>> all_;
};

}  // namespace bus::docker
