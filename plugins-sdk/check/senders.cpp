// Four senders at a time, and a host that takes what comes, or does not for now, or never, or now and then.
// The calls come one at a time from one thread, as a host makes them; every one that was sent must be
// accounted for: accepted or refused, none of them twice.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "bus/testing/cases.hpp"
#include "plugins-sdk/check/checks.h"

namespace bus::check {
namespace {

using testing::FakeHost;
using testing::Instance;

constexpr int kSenders = 4;
constexpr int kEach = 25;
constexpr int kTries = 3;  // of a batch that a sink does not take now

struct Weather {
  const char* name;
  std::int32_t answers[4];  // to one event after the other, again and again
};
constexpr Weather kWeathers[] = {
    {"a host that takes all", {BUS_OK, BUS_OK, BUS_OK, BUS_OK}},
    {"a host that takes nothing for now",
     {BUS_UNAVAILABLE, BUS_UNAVAILABLE, BUS_UNAVAILABLE, BUS_UNAVAILABLE}},
    {"a host that never takes anything", {BUS_INVALID, BUS_INVALID, BUS_INVALID, BUS_INVALID}},
    {"a host that takes some", {BUS_OK, BUS_UNAVAILABLE, BUS_OK, BUS_INVALID}}};

// What the senders send, to be taken by one thread.
class Line {
 public:
  void put(int number) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(number);
    there_.notify_one();
  }
  int take() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [&] { return !waiting_.empty(); });
    const int number = waiting_.front();
    waiting_.pop_front();
    return number;
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::deque<int> waiting_;
};

// Calls `handle` for kSenders * kEach numbers, in the order in which four threads send them.
template <class Handle>
void with_senders(Handle handle) {
  Line line;
  std::vector<std::thread> senders;
  senders.reserve(kSenders);
  for (int sender = 0; sender < kSenders; ++sender)
    senders.emplace_back([&line, sender] {
      for (int i = 0; i < kEach; ++i) line.put(sender * kEach + i);
    });
  for (int i = 0; i < kSenders * kEach; ++i) handle(line.take());
  for (std::thread& sender : senders) sender.join();
}

void expect_counts(Findings& found, int sent, int accepted, int refused, const char* weather) {
  if (sent != accepted + refused)
    found.fail(std::to_string(sent) + " were sent, " + std::to_string(accepted) + " accepted and " +
               std::to_string(refused) + " refused: " + weather);
}

// A source: the senders' requests and messages.
void send_to_source(Subject& subject, const Weather& weather, const std::vector<std::string>& inputs) {
  Findings& found = subject.found();
  const auto host = subject.host();
  Instance instance(subject.plugin(), *host);
  if (!subject.start(instance)) return found.note("it did not start: " + std::string(instance.error.message));
  std::size_t asked = 0;
  host->judge = [&](const Event&) { return weather.answers[asked++ % 4]; };
  int accepted = 0, refused = 0;
  with_senders([&](int number) {
    const std::size_t events = host->events.size(), not_taken = host->refused.size();
    const std::string& input = inputs[static_cast<std::size_t>(number) % inputs.size()];
    testing::Reply reply;
    found.call("one of many requests, to " + std::string(weather.name), [&] {
      reply = instance.webhook != nullptr ? instance.request({.body = input}) : instance.message(input);
    });
    const bool good = subject.expect_class(reply.code, reply.message) && reply.status < 300;
    good ? ++accepted : ++refused;
    if (good && host->refused.size() != not_taken)
      found.fail("a sender was told that all is well, and the host had refused the event: " +
                 std::string(weather.name));
    std::set<std::string> keys;
    for (std::size_t i = events; i < host->events.size(); ++i) {
      const std::string& key = host->events[i].key;
      if (!key.empty() && !keys.insert(key).second)
        found.fail("one request gave the same event twice: " + key);
    }
  });
  expect_counts(found, kSenders * kEach, accepted, refused, weather.name);
  instance.end();
  subject.look_at(*host);
}

// A sink: the senders' events become a log, which is handed over in batches, as a host does it.
void send_to_sink(Subject& subject) {
  Findings& found = subject.found();
  const auto host = subject.host();
  Instance instance(subject.plugin(), *host);
  if (!subject.start(instance)) return found.skip("it did not start: " + std::string(instance.error.message));
  std::deque<testing::StoredEvent> log;
  std::uint64_t seq = instance.last_seq;
  with_senders([&](int number) {
    testing::StoredEvent one{++seq, {}};
    one.event.type = "note", one.event.key = std::to_string(number), one.event.summary = "one of many";
    log.push_back(one);
  });
  const int sent = static_cast<int>(log.size());
  int accepted = 0, refused = 0, tries = 0;
  for (std::size_t size = 1; !log.empty(); size = size % 17 + 5) {
    const std::vector<testing::StoredEvent> batch(
        log.begin(), log.begin() + static_cast<std::ptrdiff_t>(std::min(size, log.size())));
    testing::Delivered answer;
    found.call("a batch of " + std::to_string(batch.size()),
               [&] { answer = deliver(*host, instance, batch); });
    if (answer.code == BUS_LATER) return found.skip("it answers later, for what this host does not have");
    const bool all = subject.expect_class(answer.code, answer.message);
    if (!all && answer.accepted > batch.size()) return found.fail("a sink accepted more than it was given");
    std::size_t done = all ? batch.size() : answer.accepted;
    accepted += static_cast<int>(done);
    const bool given_up = !all && answer.code != BUS_INVALID && (tries = done == 0 ? tries + 1 : 0) == kTries;
    if (!all && (answer.code == BUS_INVALID || given_up) && done < batch.size()) ++refused, ++done, tries = 0;
    log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(done));
  }
  expect_counts(found, sent, accepted, refused, "a sink");
  if (refused != 0)
    found.note(std::to_string(refused) + " of " + std::to_string(sent) + " events were not taken");
  instance.end();
}

}  // namespace

void check_senders(Subject& subject) {
  if (!subject.is_source()) return send_to_sink(subject);
  const auto host = subject.host();
  {
    Instance instance(subject.plugin(), *host);
    if (!subject.create(instance)) return;
    if (instance.webhook == nullptr && instance.intake == nullptr)
      return subject.found().skip("nobody can send it anything: it has no webhook and no intake");
  }
  const std::vector<std::string> inputs = friendly_inputs(subject.arguments());
  for (const Weather& weather : kWeathers) send_to_source(subject, weather, inputs);
}

}  // namespace bus::check
