// Feed: from the bytes of the stream to stored events, and what has to be remembered of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/docker/normalize.h"
#include "sources/docker/object_splitter.h"

namespace bus::docker {

// One thread, the instance's.
class Feed {
 public:
  static constexpr std::size_t kMaxMessage = 1u << 20;

  Feed(Host host, Choice choice) : host_(host), normalizer_(std::move(choice)), splitter_(kMaxMessage) {}

  // Takes up what an earlier life has left. The first one counts from now on.
  void load();
  // The stream begins anew: half a message is forgotten.
  void begin() { splitter_.reset(); }

  // Bytes of the stream. False: it is none of JSON objects.
  bool take(std::string_view bytes);
  // Stores what take() has gathered. On failure nothing of it counts as done: the engine has to tell it
  // again.
  Status flush();
  // The same for events that are found in another way.
  Status tell(const std::function<void(Normalizer& normalizer, std::vector<Event>& events)>& find);

  Normalizer& normalizer() { return normalizer_; }

 private:
  Status store();
  void save();
  void count();

  Host host_;
  Normalizer normalizer_;
  ObjectSplitter splitter_;
  std::vector<Event> batch_;
  std::string saved_;
  std::uint64_t told_ = 0, unwanted_ = 0, refused_ = 0, too_large_ = 0;  // since they were last counted
  std::optional<Metric> told_total_, unwanted_total_, refused_total_, open_containers_;
};

}  // namespace bus::docker
