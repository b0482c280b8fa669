// Four senders at a time, and a host that takes what comes, or does not for now, or never, or now and then. A
// sender waits for its answer, and sends again what was not taken for now. The calls come one at a time from
// one thread, as a host makes them. In the end everything that was sent is accepted or refused; what is
// accepted is stored, what is refused is not, and nothing is stored twice.
#include "plugins-sdk/check/senders.h"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "bus/testing/cases.hpp"
#include "plugins-sdk/check/checks.h"

namespace bus::check {
namespace {

using testing::FakeHost;
using testing::Instance;

struct Weather {
  const char* name;
  std::int32_t answers[4];  // to a request's events and tries, one after the other, again and again
};
constexpr Weather kWeathers[] = {
    {"a host that takes all", {BUS_OK, BUS_OK, BUS_OK, BUS_OK}},
    {"a host that takes nothing for now", {BUS_UNAVAILABLE, BUS_UNAVAILABLE, BUS_UNAVAILABLE, BUS_OK}},
    {"a host that never takes anything", {BUS_INVALID, BUS_INVALID, BUS_INVALID, BUS_INVALID}},
    {"a host that takes some", {BUS_OK, BUS_UNAVAILABLE, BUS_OK, BUS_INVALID}}};

// What makes two events the same one: the key, or without it what they are about.
std::string identity(const Event& event) {
  if (!event.key.empty()) return event.type + " " + event.key;
  return event.type + " " + event.scope + " " + event.subject;
}

// What one sender's request has come to, over all its tries.
struct Sent {
  std::set<std::string> refused, stored;
  std::size_t asked = 0;  // how often the host was asked about its events
};

// Sends to a source, and holds its answers against what the host has stored.
class Round {
 public:
  Round(Subject& subject, Instance& instance, FakeHost& host, const Weather& weather)
      : found_(subject.found()),
        subject_(subject),
        instance_(instance),
        host_(host),
        weather_(weather),
        where_(": " + std::string(weather.name)),
        inputs_(friendly_inputs(subject.arguments())),
        sent_(kSent) {
    // What threads of the plugin's own emit is no sender's.
    host.judge = [this, mine = std::this_thread::get_id()](const Event&) {
      return std::this_thread::get_id() == mine ? judge() : std::int32_t{BUS_OK};
    };
  }

  // One try. `number` is the request's, the same in each of its tries.
  Answer handle(std::size_t number) {
    Sent& sent = sent_[number];
    const std::string& input = inputs_[number % inputs_.size()];
    current_ = number;
    const std::size_t events = host_.events.size(), refused = host_.refused.size();
    told_.clear();
    testing::Reply reply{BUS_FAULT, 0, {}, {}};
    const bool back = found_.call("one of many requests" + where_, [&] {
      reply = instance_.webhook != nullptr ? instance_.request({.body = input}) : instance_.message(input);
    });
    if (!back) return Answer::never;
    const Answer answer = answer_of(reply);
    look_at_stored(sent, events, answer);
    for (std::size_t i = refused; i < host_.refused.size(); ++i)
      sent.refused.insert(identity(host_.refused[i]));
    if (answer == Answer::taken) return look_at_taken(sent, refused), answer;
    look_at_class(answer);
    return answer;
  }

 private:
  std::int32_t judge() {
    const std::size_t round = current_ / inputs_.size();  // so that each input meets each answer
    return told_.emplace_back(weather_.answers[(round + sent_[current_].asked++) % 4]);
  }
  Answer answer_of(const testing::Reply& reply) {
    const bool good = subject_.expect_class(reply.code, reply.message);
    if (good && reply.status < 300) return Answer::taken;
    const bool later =
        good ? reply.status >= 500 || reply.status == 429
             : reply.code == BUS_UNAVAILABLE || reply.code == BUS_STOPPING || reply.code == BUS_FAULT;
    return later ? Answer::not_now : Answer::never;
  }
  // What this try has stored, from `first` on.
  void look_at_stored(Sent& sent, std::size_t first, Answer answer) {
    std::set<std::string> keys;
    for (std::size_t i = first; i < host_.events.size(); ++i) {
      const Event& event = host_.events[i];
      if (!event.key.empty() && !keys.insert(identity(event)).second)
        fail("one request gave the same event twice: ", event.key);
      // A sender that is refused sends again, and only a key makes that the same event.
      if (event.key.empty() && answer != Answer::taken)
        fail("a sender was refused, and its event is stored and has no key: it will be there twice");
      sent.stored.insert(identity(event));
    }
  }
  void look_at_taken(const Sent& sent, std::size_t first_refused) {
    if (host_.refused.size() != first_refused)
      fail("a sender was told that all is well, and the host had refused the event");
    for (const std::string& one : sent.refused) {
      if (sent.stored.count(one) == 0)
        fail("an event was not taken at first, its sender was told that all is well, and it is not there: ",
             one);
    }
  }
  // What the host says of events and what the sender is told mean the same.
  void look_at_class(Answer answer) {
    const auto all = [&](std::int32_t code) {
      return !told_.empty() &&
             std::all_of(told_.begin(), told_.end(), [&](std::int32_t one) { return one == code; });
    };
    if (answer == Answer::never && all(BUS_UNAVAILABLE))
      fail("the host did not take an event for now, and its sender was told never to send it again");
    if (answer == Answer::not_now && all(BUS_INVALID))
      fail("the host will never take an event, and its sender was told to send it again");
  }

  void fail(std::string what, const std::string& which = {}) {
    found_.fail(what.append(which).append(where_));
  }

  Findings& found_;
  Subject& subject_;
  Instance& instance_;
  FakeHost& host_;
  const Weather& weather_;
  const std::string where_;
  const std::vector<std::string> inputs_;
  std::vector<Sent> sent_;
  std::size_t current_ = 0;         // the request that is handled
  std::vector<std::int32_t> told_;  // what the host said in this try
};

void send_to_source(Subject& subject, const Weather& weather) {
  const auto host = subject.host();
  Instance instance(subject.plugin(), *host);
  if (!subject.start(instance))
    return subject.found().note("it did not start: " + std::string(instance.error.message));
  Round round(subject, instance, *host, weather);
  const Counts counts = with_senders([&](std::size_t number) { return round.handle(number); });
  expect_counts(subject.found(), counts, weather.name);
  subject.end(instance);
  subject.look_at(*host);
}

}  // namespace

void check_senders(Subject& subject) {
  if (!subject.is_source()) return send_to_sink(subject);
  const auto host = subject.host();
  {
    Instance instance(subject.plugin(), *host);
    if (!subject.create(instance)) return;
    const bool reachable = instance.webhook != nullptr || instance.intake != nullptr;
    subject.end(instance);
    if (!reachable)
      return subject.found().skip("nobody can send it anything: it has no webhook and no intake");
  }
  for (const Weather& weather : kWeathers) send_to_source(subject, weather);
}

}  // namespace bus::check
