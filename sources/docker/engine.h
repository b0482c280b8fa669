// Engine: the connection to the container engine, through its life: look for it, subscribe, lose it, come
// back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/docker/address.h"
#include "sources/docker/backoff.h"
#include "sources/docker/exchange.h"
#include "sources/docker/feed.h"
#include "sources/docker/resync.h"
#include "sources/docker/socket_watch.h"

namespace bus::docker {

// What GET /version says.
struct Version {
  std::string api;   // "/v1.41", to put before every path; empty: there is no version that both sides know
  std::string name;  // "Podman Engine 4.3.1"
  std::string problem;
};
// The newest API that the engine and this source know.
Version read_version(std::string_view json);

// The target of the subscription: from `since_ns` on (0: from now on), as far as the engine itself can
// choose.
std::string events_target(std::string_view api, std::int64_t since_ns, const std::vector<std::string>& types,
                          const std::vector<std::string>& labels);

// One thread, the instance's. Nothing here wakes it while an engine is connected and silent, or while there
// is none: the folder of its socket is watched.
class Engine {
 public:
  Engine(Host host, Choice choice);

  // `places` must have some. Never fails: what is not there is waited for.
  void start(Places places);
  void stop();

 private:
  void attempt();
  void next_place();
  void take_version();
  void note_failure(Ended failure);
  void absent();
  void wait_for_socket();
  void subscribe();
  void take_bytes(std::string_view bytes);
  void flush();
  void subscribed();
  void cut(const std::string& why);
  void tell_unknown();
  void report() const;

  Host host_;
  const std::vector<std::string> types_, labels_;
  Feed feed_;
  Exchange query_, events_;
  Resync resync_;
  SocketWatch socket_watch_;
  Timer pause_;  // until the next try; while subscribing: until the answer is taken for granted
  Backoff backoff_;

  Places places_;
  std::size_t at_ = 0;  // the place that is tried, or connected
  bool all_watched_ = false, soon_ = false, subscribed_ = false;
  Ended failure_;  // the one that says most, of this try
  std::string answer_;
  Version version_;
  std::int64_t subscribed_us_ = 0;
  std::optional<Metric> connected_, connections_total_;
};

}  // namespace bus::docker
