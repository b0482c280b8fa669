// The asking at GitHub: the poller's decisions carried out, its events stored, its places kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/github/budget.h"
#include "sources/github/errands.h"
#include "sources/github/health.h"
#include "sources/github/observe.h"
#include "sources/github/poller.h"
#include "sources/github/requests.h"
#include "sources/github/stalls.h"
#include "sources/github/status.h"
#include "sources/github/token.h"
#include "sources/github/told.h"

namespace bus::github {

struct PollingSettings {
  std::string api = "https://api.github.com";
  std::vector<std::string> repositories;
  std::vector<std::string> paths;  // where webhooks come in, to know the hooks that are ours
  Cadence cadence;
  std::int64_t reserve_percent = 20;
  std::int64_t stall_after_us = 0;
};

// Reads the settings and checks them; throws Failure.
PollingSettings polling_settings(const Settings& settings);

// One thread: the instance's.
class Polling {
 public:
  Polling(Host host, HealthBoard& board, PollingSettings settings);

  // Fails where what was kept cannot be read.
  Status start();
  void stop() noexcept;

  // A delivery that was handed over to the host.
  void heard(const Event& event, std::int64_t now_us);
  // A message whose `op` is ours (INTAKE.md); nullopt: it is not.
  std::optional<IntakeReply> on_message(const Payload& message);

 private:
  struct Round {  // what `bus github poll` waits for
    std::uint64_t errand = 0;
    std::vector<std::pair<std::string, std::uint64_t>> until;
    Requests::Figures before;
    std::uint64_t events = 0;
  };

  Status load();
  void step();
  void sleep_until(std::int64_t when_us);
  void take(const Ask& ask, const Reply& reply);
  bool store(const Ask& ask, Reading& reading, std::set<std::uint64_t>& moved, bool& news);
  void remember(const std::string& key);
  void forget_gone();
  void remember_watches();
  void report();
  void show_figures();
  void end_rounds(const Status& why);
  void ask(Requests::Request request, Requests::Done done);

  void arm_stalls();
  void tell_stalls();
  void save_stalls_later();
  void save_stalls();

  // polling_intake.cpp
  IntakeReply on_watch(const Payload& message, bool add);
  IntakeReply on_follow(const Payload& message, bool begin);
  IntakeReply on_poll(const Payload& message);
  IntakeReply on_redeliver(const Payload& message);
  IntakeReply on_check();

  Host host_;
  HealthBoard& board_;
  const PollingSettings settings_;
  Budget budget_;
  TokenFinder tokens_;
  Requests requests_;
  Poller poller_;
  Observer observer_;
  Told told_;
  Stalls stalls_;
  Errands errands_;
  StateStore state_;
  Timer next_, stall_, save_;
  std::vector<Round> rounds_;
  std::map<std::string, std::string> saved_;  // by repository: what is in the store
  std::vector<std::string> watches_;          // those of the store
  Trouble shown_;
  bool running_ = false;
  Requests::Figures counted_;
  std::uint64_t events_ = 0;
  std::optional<Metric> asked_, unchanged_, refused_, failed_, stored_, stalled_, remaining_, limit_,
      watched_;
};

}  // namespace bus::github
