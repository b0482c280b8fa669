// A host's worth of parts around the rules: the real store, ingest and hub, programs that end when the test
// says so, and a store that can die.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/rules/engine.h"
#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_spawner.h"
#include "tests/support/forwarding_store.h"
#include "tests/support/temp_folder.h"

namespace bus::testing {

// The store as the process sees it that will be killed: from the moment of its death nothing is written any
// more. Reading goes on.
class MortalStore final : public ForwardingStore, public store::RuleBook {
 public:
  explicit MortalStore(store::Store& real) : ForwardingStore(real), real_(real.rule_book()) {}

  // Dies at the writing call number `call` from now on, from 1: before it does anything, or after it was done
  // and before its caller learns of it. 0: never.
  void die_at(int call, bool after) { calls_ = 0, dies_at_ = call, after_ = after; }
  bool dead() const { return dead_; }
  int calls() const { return calls_; }
  // Fails, and may work again later, as a full disk does.
  std::atomic<bool> full{false};

  Result<std::vector<store::Appended>> append(std::span<store::NewEvent> events) override {
    return write([&] { return ForwardingStore::append(events); });
  }
  store::RuleBook& rule_book() override { return *this; }

  Status begin_rule(std::string_view rule, std::uint64_t since) override {
    return write([&] { return real_.begin_rule(rule, since); });
  }
  Status settle(std::string_view rule, std::span<const store::RuleMatch> matches, std::uint64_t cursor,
                std::uint64_t begun) override {
    return write([&] { return real_.settle(rule, matches, cursor, begun); });
  }
  Status end_rule(std::string_view rule) override {
    return write([&] { return real_.end_rule(rule); });
  }
  Result<std::optional<store::RuleProgress>> rule_progress(std::string_view rule) const override {
    return real_.rule_progress(rule);
  }
  Result<std::vector<store::RuleMatch>> rule_matches(const store::RuleMatchQuery& query) const override {
    return real_.rule_matches(query);
  }

 private:
  template <class Call>
  auto write(Call&& call) -> decltype(call()) {
    if (dead_ || full) return error(Code::unavailable, "store: the disk is full");
    const bool last = ++calls_ == dies_at_;
    if (last && !after_) dead_ = true;
    if (dead_) return error(Code::unavailable, "dead");
    auto done = call();
    if (last) {
      dead_ = true;
      return error(Code::unavailable, "dead");
    }
    return done;
  }

  store::RuleBook& real_;
  std::atomic<int> calls_{0};
  int dies_at_ = 0;
  bool after_ = false;
  std::atomic<bool> dead_{false};
};

// One life of a host over the files of `folder`.
class RulesWorld {
 public:
  explicit RulesWorld(const std::string& folder)
      : folder_(folder),
        real_(std::move(*store::open_sqlite(folder, system_clock()))),
        store(*real_),
        hub(store, metrics),
        ingest(store, hub, metrics),
        engine(rules::Surroundings{.store = store,
                                   .hub = hub,
                                   .ingest = ingest,
                                   .metrics = metrics,
                                   .clock = system_clock(),
                                   .spawner = spawner,
                                   .secret = [](std::string_view name) -> Result<Secret> {
                                     if (name != "known") return error(Code::not_found, "no such secret");
                                     return Secret("hunter2");
                                   },
                                   .warn = [](const std::string&) {},
                                   .rules_folder = folder + "/rules.d",
                                   .event_folder = folder + "/events",
                                   .log_folder = folder + "/runs",
                                   .home = "/",
                                   .max_runs = 100,
                                   .stop_grace = milliseconds(200)}) {}
  ~RulesWorld() { stop(); }

  void stop() {
    engine.stop();
    ingest.stop();
  }

  std::uint64_t emit(store::NewEvent event) {
    std::vector<store::NewEvent> one;
    one.push_back(std::move(event));
    return ingest.append(std::move(one), ingest::Durability::commit).front()->seq;
  }
  void write_rule(const std::string& name, const std::string& toml) {
    ASSERT_TRUE(make_private_folder(folder_ + "/rules.d"));
    ASSERT_TRUE(replace_file(folder_ + "/rules.d/" + name + ".toml", toml));
  }

  using Asked = Result<std::string>;
  Asked ask(const std::function<void(rules::Engine::Done)>& question) {
    auto promise = std::make_shared<std::promise<Asked>>();
    auto answer = promise->get_future();
    question([promise](Asked given) { promise->set_value(std::move(given)); });
    return answer.get();
  }
  Asked add(const std::string& name, const std::string& toml, std::uint64_t since) {
    return ask([&](auto done) { engine.add({name, toml, since, false}, done); });
  }
  // Everything that was handed to the rules' thread before has been done.
  void settle() {
    (void)ask([&](auto done) { engine.list(done); });
  }
  std::string verdict(const std::string& rule, std::uint64_t seq) {
    const auto told = ask([&](auto done) { engine.explain(rule, seq, done); });
    if (!told) return told.error().message;
    json::Document document;
    return std::string((*document.parse(*told))["verdict"].string_or(""));
  }

  std::vector<store::TaskRow> runs(const std::string& rule) {
    store::TaskQuery query;
    query.kind = "action";
    query.scope = rule;
    query.limit = 1000;
    auto rows = std::move(*real_->tasks(query));
    std::reverse(rows.begin(), rows.end());
    return rows;
  }
  std::size_t finished(const std::string& rule) {
    const auto all = runs(rule);
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const store::TaskRow& row) {
      return row.task.state == event::State::finished;
    }));
  }
  // The event that program number `index` was started for, and any other variable.
  std::string variable(std::size_t index, std::string_view name) const {
    const auto started = spawner.started();
    const std::string start = std::string(name) + "=";
    for (const std::string& entry : started.at(index).program.env) {
      if (entry.starts_with(start)) return entry.substr(start.size());
    }
    return {};
  }

 private:
  const std::string folder_;
  std::unique_ptr<store::Store> real_;

 public:
  metrics::Registry metrics;
  MortalStore store;
  fanout::Hub hub;
  ingest::Ingest ingest;
  FakeSpawner spawner;
  rules::Engine engine;
};

// Looks until it holds, for as long as a slow machine may need.
inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

}  // namespace bus::testing
