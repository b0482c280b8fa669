// A scheduler with programs that last as long as the test says, and a clock that the test moves. Holds the
// promises of Policy after every step.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/rules/scheduler.h"

namespace bus::rules {

class SchedulerHarness {
 public:
  struct Start {
    RunId run;
    std::int64_t attempt;
    Mono at;
  };

  explicit SchedulerHarness(const Policy& policy, microseconds lasts = seconds(1), std::int64_t begun = 0)
      : policy_(policy), lasts_(lasts), scheduler_(policy, begun) {}

  Scheduler& scheduler() { return scheduler_; }
  Mono now() const { return now_; }

  // How programs end from now on, and after how long.
  void programs(Ended how, microseconds last) { how_ = how, lasts_ = last; }
  // A program that is asked to stop ends after so long.
  void stops_take(microseconds time) { stops_take_ = time; }

  Offered offer(const std::string& key = {}) {
    const RunId id = ++last_id_;
    const Offered offered = scheduler_.offer(id, key, now_);
    switch (offered.kind) {
      case Offered::Kind::run:
        EXPECT_EQ(offered.run, id);
        ++runs;
        live_[id] = key;
        break;
      case Offered::Kind::folded:
        EXPECT_TRUE(live_.contains(offered.run)) << "folded into a run that is over";
        EXPECT_FALSE(running_.contains(offered.run)) << "folded into a run that runs";
        EXPECT_EQ(live_[offered.run], key) << "folded into a run of another key";
        ++folded;
        break;
      case Offered::Kind::dropped:
        EXPECT_EQ(offered.run, 0u);
        EXPECT_NE(offered.why, Hold::none);
        ++dropped;
        break;
    }
    obey();
    return offered;
  }

  // Lets time pass: programs end, timers come.
  void pass(microseconds time) {
    const Mono until = now_ + time;
    for (;;) {
      const auto next = next_moment();
      if (!next || *next > until) break;
      now_ = std::max(now_, *next);
      at_this_moment();
    }
    now_ = until;
    scheduler_.tick(now_);
    obey();
  }
  // Until nothing happens any more.
  void finish() {
    for (int i = 0; i < 1'000'000; ++i) {
      const auto next = next_moment();
      if (!next) return;
      now_ = std::max(now_, *next);
      at_this_moment();
    }
    FAIL() << "it never ends";
  }

  std::size_t running() const { return running_.size(); }
  std::size_t alive() const { return live_.size(); }
  bool runs_now(RunId id) const { return running_.contains(id); }

  // What became of the offers: each is exactly one of the first three; each run of the last three.
  std::size_t runs = 0, folded = 0, dropped = 0;
  std::size_t done = 0, cancelled = 0, stopped = 0;
  std::vector<Start> starts;

 private:
  struct Program {
    Mono ends;
    bool stopping = false;
  };

  std::optional<Mono> next_moment() {
    std::optional<Mono> next = scheduler_.due(now_);
    for (const auto& [id, program] : running_) next = next ? std::min(*next, program.ends) : program.ends;
    return next;
  }

  void at_this_moment() {
    for (auto at = running_.begin(); at != running_.end();) {
      const auto [id, program] = *at;
      if (program.ends > now_) {
        ++at;
        continue;
      }
      running_.erase(at);
      end(id, program.stopping ? Ended::for_good : how_);
      at = running_.begin();
    }
    scheduler_.tick(now_);
    obey();
  }

  void end(RunId id, Ended how) {
    const auto again = scheduler_.ended(id, how, now_);
    if (!again) {
      live_.erase(id);
      ++done;
    } else {
      EXPECT_GT(policy_.retries, 0);
      EXPECT_EQ(how, Ended::badly);
    }
    obey();
  }

  void obey() {
    for (const Order& order : scheduler_.take()) {
      EXPECT_TRUE(live_.contains(order.run)) << "an order for a run that is over";
      switch (order.kind) {
        case Order::Kind::start:
          EXPECT_FALSE(running_.contains(order.run));
          starts.push_back({order.run, order.attempt, now_});
          running_[order.run] = {now_ + lasts_, false};
          check_rate();
          break;
        case Order::Kind::stop:
          EXPECT_EQ(policy_.when_busy, WhenBusy::restart);
          EXPECT_TRUE(running_.contains(order.run));
          EXPECT_FALSE(running_[order.run].stopping) << "stopped twice";
          running_[order.run] = {std::min(running_[order.run].ends, now_ + stops_take_), true};
          ++stopped;
          break;
        case Order::Kind::cancel:
          EXPECT_FALSE(running_.contains(order.run));
          EXPECT_NE(order.why, Hold::none);
          live_.erase(order.run);
          ++cancelled;
          break;
      }
    }
    check();
  }

  void check_rate() {
    if (!policy_.rate) return;
    const auto count = static_cast<std::size_t>(policy_.rate->count);
    if (starts.size() <= count) return;
    EXPECT_GE(starts.back().at - starts[starts.size() - 1 - count].at, nanoseconds(policy_.rate->per))
        << "more starts than the rate allows";
  }

  void check() {
    EXPECT_EQ(scheduler_.running(), running_.size());
    EXPECT_LE(running_.size(), static_cast<std::size_t>(policy_.most_jobs()));
    EXPECT_EQ(scheduler_.waiting_runs(), live_.size() - running_.size());
    EXPECT_LE(scheduler_.waiting_runs(), policy_.max_queued + static_cast<std::size_t>(policy_.most_jobs()));
    EXPECT_EQ(runs + folded + dropped, last_id_);
    EXPECT_EQ(runs, done + cancelled + live_.size());
    if (!policy_.keyed) return;
    std::set<std::string> keys;
    for (const auto& [id, program] : running_)
      EXPECT_TRUE(keys.insert(live_[id]).second) << "two of one key at a time";
  }

  const Policy policy_;
  microseconds lasts_;
  microseconds stops_take_{0};
  Ended how_ = Ended::well;
  Scheduler scheduler_;
  Mono now_{seconds(1000)};
  RunId last_id_ = 0;
  std::map<RunId, std::string> live_;  // runs that are not over, and their keys
  std::map<RunId, Program> running_;
};

}  // namespace bus::rules
