// Resync: asks the engine how its containers are, and tells what no message has told.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/docker/address.h"
#include "sources/docker/backoff.h"
#include "sources/docker/exchange.h"
#include "sources/docker/feed.h"
#include "sources/docker/observation.h"

namespace bus::docker {

// One thread, the instance's.
//
// After a subscription: lists the containers, gives the messages of the gap a second to be read, and asks
// about each one that the list and what is known disagree on, or that nobody could observe for a while.
class Resync {
 public:
  // `catch_up` reads the messages that are there already, before an answer is looked at. `failed` gets why
  // events could not be stored. Both may call stop().
  Resync(Host host, Feed& feed, std::function<void()> catch_up, std::function<void(const Status&)> failed)
      : host_(host),
        feed_(feed),
        catch_up_(std::move(catch_up)),
        failed_(std::move(failed)),
        query_(host),
        pause_(host),
        backoff_(static_cast<std::uint32_t>(host.now_us())) {}

  // `api` is the beginning of every path: "/v1.41".
  void start(const Address& address, std::string api, std::int64_t subscribed_us);
  void stop();
  // Asks about these, too. REQUIRES: start().
  void check(const std::vector<std::string>& ids);

 private:
  void list();
  void take_list();
  void choose();
  void ask_next();
  void take_answer(const std::string& id);
  Ended ask(const std::string& path, std::function<void(const Ended&)> end);
  void again(const std::string& why);

  Host host_;
  Feed& feed_;
  const std::function<void()> catch_up_;
  const std::function<void(const Status&)> failed_;
  Exchange query_;
  Timer pause_;
  Backoff backoff_;
  ObservationReader reader_;

  Address address_;
  std::string api_, answer_;
  bool too_large_ = false;
  std::int64_t subscribed_us_ = 0;
  std::uint64_t run_ = 0;
  std::vector<std::string> known_;  // when the list was asked for
  std::vector<Listed> listed_;
  std::deque<std::string> queue_;
};

}  // namespace bus::docker
