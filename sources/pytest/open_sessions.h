// The sessions that have begun and not said that they are over. One that is silent for long was killed, or
// its machine sleeps: nobody can tell, so it becomes unknown. Pure: the caller brings the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sources/pytest/report.h"

namespace bus::pytest {

class OpenSessions {
 public:
  static constexpr std::size_t kMost = 256;  // beyond, the one that was silent longest is forgotten

  explicit OpenSessions(std::int64_t patience_us) : patience_us_(patience_us) {}

  // The session was heard. True if it was said to be unknown, so that it has to be said that it runs.
  bool heard(const Session& session, std::int64_t now_us);
  void finished(std::string_view id) { sessions_.erase(std::string(id)); }
  // Those that have become silent, each once.
  std::vector<Session> take_silent(std::int64_t now_us);

  std::size_t size() const { return sessions_.size(); }
  // Is there one that may yet become silent?
  bool watching() const;

  // All of them as text, for a restart; restore() counts them as heard at `now_us`. Text that it does not
  // understand is passed over.
  std::string save() const;
  void restore(std::string_view saved, std::int64_t now_us);

 private:
  struct Open {
    Session session;
    std::int64_t heard_us = 0;
    bool silent = false;
  };

  const std::int64_t patience_us_;
  std::map<std::string, Open> sessions_;
};

}  // namespace bus::pytest
