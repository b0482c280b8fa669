// Smee: deliveries through a channel of smee (https://smee.io, or one's own): server-sent events that anybody
// who knows its URL can send to, and read.
#pragma once

#include <optional>
#include <string>

#include "bus/plugin.hpp"
#include "sources/github/inlet.h"
#include "sources/github/pause.h"
#include "sources/github/sse.h"

namespace bus::github {

// What the user has to know of it.
inline constexpr const char* kSmeeWarning =
    "smee writes the JSON of each delivery anew, so a signature holds only where the sender wrote it in the "
    "same "
    "way (compact, nothing escaped that need not be; GitHub does, with content type application/json)";

// One thread: the instance's, between start and stop.
class Smee final : public Inlet {
 public:
  // smee pings every 30 s.
  static constexpr std::chrono::seconds kQuiet{90};

  Smee(const InletNeeds& needs, std::string url);

  void begin();
  void end();
  const std::string& url() const { return url_; }

 private:
  void connect();
  void take_head(const Http::Answer& head);
  void take(std::string_view bytes);
  void take_event(const SseEvent& event);
  void lost(const std::string& why, InletState::Word word = InletState::Word::retrying,
            std::chrono::microseconds least = {});
  void look();

  const std::string url_;
  Stream stream_;
  Timer next_, alive_;
  Pause pause_;
  std::optional<SseReader> reader_;  // while it is connected
  std::string last_id_;
  std::int64_t connected_us_ = 0;  // when it was last
  bool heard_ = false;             // since the last look
};

}  // namespace bus::github
