// Calls everything that a plugin can be called for.
#include <poll.h>

#include "bus/testing/cases.hpp"
#include "plugins-sdk/check/json.h"
#include "plugins-sdk/check/subject.h"

namespace bus::check {
namespace {

using testing::FakeHost;
using testing::Instance;

// How many timers, requests, programs of an instance are gone through in one exercise: each may beget others.
constexpr int kRounds = 4;
// How many answers, timers and descriptors a batch may need until it is answered.
constexpr int kPatience = 256;
// How long a descriptor is waited for, in ms, before the timers have their turn.
constexpr int kMoment = 1000;

std::string shown(const std::string& input) {
  return "'" + std::string(clip(input, 40)) + "'" + (input.size() > 40 ? "…" : "");
}

void requests(Subject& subject, FakeHost& host, Instance& instance, const std::string& input) {
  Findings& found = subject.found();
  for (std::uint32_t route = 0; instance.webhook != nullptr && route < instance.webhook->route_count;
       ++route) {
    testing::Request request{.body = input, .headers = {{"Content-Type", "application/json"}}};
    request.route = route;
    found.call("a request with the body " + shown(input), [&] {
      const std::size_t refused = host.refused.size();
      const testing::Reply reply = instance.request(request);
      const bool taken = subject.expect_class(reply.code, reply.message) && reply.status < 300;
      if (reply.status != 0 && (reply.status < 200 || reply.status > 599))
        found.fail("a webhook answered HTTP " + std::to_string(reply.status));
      if (!reply.body.empty() && !is_json(reply.body)) found.fail("a webhook's answer is no JSON");
      if (taken && host.refused.size() > refused)
        found.fail("a webhook's sender was told that all is well, and the host had refused the event");
    });
  }
}

void messages(Subject& subject, FakeHost& host, Instance& instance, const std::string& input) {
  if (instance.intake == nullptr) return;
  Findings& found = subject.found();
  found.call("a message " + shown(input), [&] {
    const std::size_t refused = host.refused.size();
    const testing::Reply reply = instance.message(input);
    const bool taken = subject.expect_class(reply.code, reply.message);
    if (!reply.body.empty() && !is_json(reply.body)) found.fail("the answer to a message is no JSON");
    if (taken && host.refused.size() > refused)
      found.fail("a message's sender was told that all is well, and the host had refused the event");
  });
}

void answers(Subject& subject, FakeHost& host, const std::string& input) {
  auto& abilities = host.abilities;
  for (const int status : {0, 200, 304, 404, 429, 500}) {
    if (abilities.requests.empty()) return;
    const std::uint64_t id = abilities.requests.begin()->first;
    subject.found().call(
        "an answer with status " + std::to_string(status) + " and the body " + shown(input), [&] {
          if (status == 0) {
            abilities.fail(id, BUS_UNAVAILABLE, "nobody there");
          } else {
            abilities.answer(id, status, input, {{"Content-Type", "application/json"}, {"ETag", "\"1\""}});
          }
        });
  }
}

void streams(Subject& subject, FakeHost& host, const std::string& input) {
  auto& abilities = host.abilities;
  if (abilities.streams.empty()) return;
  const std::uint64_t id = abilities.streams.begin()->first;
  const auto open = [&] { return abilities.streams.count(id) != 0; };
  subject.found().call("a stream that brings " + shown(input), [&] {
    abilities.open(id, 200);
    if (open()) abilities.bring(id, input);
    if (open()) abilities.end(id, BUS_UNAVAILABLE, "cut");
  });
}

void programs(Subject& subject, FakeHost& host, const std::string& input) {
  auto& abilities = host.abilities;
  if (abilities.programs.empty()) return;
  const std::uint64_t id = abilities.programs.begin()->first;
  const auto runs = [&] { return abilities.programs.count(id) != 0; };
  subject.found().call("a program that writes " + shown(input), [&] {
    abilities.output(id, {input});
    if (runs()) abilities.output(id, {input, input}, BUS_STDERR);
    if (runs()) abilities.exit(id, 3);
  });
}

// Only those that are: what a plugin reads of a descriptor that is not ready may hold it.
void descriptors(Subject& subject, FakeHost& host) {
  const auto watches = host.abilities.watches;
  for (const auto& [id, watch] : watches) {
    pollfd one{watch.fd, POLLIN, 0};
    if (host.abilities.watches.count(id) == 0 || (watch.events & BUS_FD_READABLE) == 0) continue;
    if (::poll(&one, 1, 0) != 1 || (one.revents & POLLIN) == 0) continue;
    subject.found().call("a descriptor that is ready", [&, id = id, watch = watch] {
      host.abilities.watches.at(id).ready(watch.argument, id, BUS_FD_READABLE);
    });
  }
}

void batches(Subject& subject, FakeHost& host, Instance& instance, std::uint64_t& seq,
             const std::string& input) {
  Findings& found = subject.found();
  std::vector<testing::StoredEvent> stored(3);
  for (testing::StoredEvent& one : stored) {
    one.seq = ++seq;
    one.event.type = "note", one.event.summary = std::string(clip(input, 200));
    one.event.key = std::to_string(seq);
    Task& task = one.event.task.emplace();
    task.id = "test:" + std::to_string(seq % 7), task.kind = "run", task.state = State::running;
    if (seq % 2 == 0) task.state = State::finished, task.result = Outcome::failure;
    if (seq % 5 == 0) one.event.task.reset();
  }
  found.call("a batch of three events", [&] {
    const testing::Delivered answer = deliver(host, instance, stored);
    if (answer.code == BUS_LATER) return;  // it waits for what this host does not have
    const bool taken = subject.expect_class(answer.code, answer.message);
    if (!taken && answer.accepted > stored.size())
      found.fail("a sink accepted more events than it was given");
    if (answer.code == BUS_INVALID && answer.accepted == stored.size())
      found.fail("a sink refused an event for good, and none is left that it can mean");
  });
}

// Waits a while for a descriptor that is watched, and calls for one that is ready. False: none was.
bool wake(testing::FakeAbilities& abilities) {
  std::vector<pollfd> all;
  std::vector<std::uint64_t> ids;
  for (const auto& [id, watch] : abilities.watches) {
    const int wanted = ((watch.events & BUS_FD_READABLE) != 0 ? POLLIN : 0) |
                       ((watch.events & BUS_FD_WRITABLE) != 0 ? POLLOUT : 0);
    all.push_back({watch.fd, static_cast<short>(wanted), 0});
    ids.push_back(id);
  }
  if (all.empty() || ::poll(all.data(), all.size(), kMoment) <= 0) return false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].revents == 0) continue;
    const auto watch = abilities.watches.at(ids[i]);
    const std::uint32_t ready = ((all[i].revents & ~POLLOUT) != 0 ? std::uint32_t{BUS_FD_READABLE} : 0u) |
                                ((all[i].revents & POLLOUT) != 0 ? std::uint32_t{BUS_FD_WRITABLE} : 0u);
    watch.ready(watch.argument, ids[i], ready & watch.events);
    return true;
  }
  return false;
}

}  // namespace

testing::Delivered deliver(FakeHost& host, Instance& instance,
                           const std::vector<testing::StoredEvent>& stored, const Server& server) {
  auto& abilities = host.abilities;
  abilities.answered.clear();
  testing::Delivered answer = instance.deliver(stored);
  for (int round = 0; answer.code == BUS_LATER && abilities.answered.empty() && round < kPatience; ++round) {
    if (abilities.requests.empty()) {
      if (!wake(abilities)) abilities.fire_all();
    } else {
      const auto& [id, asked] = *abilities.requests.begin();
      abilities.answer(std::uint64_t{id}, server ? server(asked) : 202, "{}");
    }
  }
  if (answer.code == BUS_LATER && !abilities.answered.empty()) {
    const auto& [code, delivery] = abilities.answered.back();
    answer = {code, delivery.accepted, delivery.retry_after_us, delivery.message};
  }
  return answer;
}

void exercise(Subject& subject, FakeHost& host, Instance& instance, const std::vector<std::string>& inputs) {
  std::uint64_t seq = instance.last_seq;
  for (const std::string& input : inputs) {
    if (!subject.is_source()) batches(subject, host, instance, seq, input);
    if (subject.is_source()) requests(subject, host, instance, input);
    if (subject.is_source()) messages(subject, host, instance, input);
    for (int round = 0; round < kRounds; ++round) {
      host.now_us += 60'000'000;
      subject.found().call("timers", [&] { host.abilities.fire_all(); });
      answers(subject, host, input);
      streams(subject, host, input);
      programs(subject, host, input);
      descriptors(subject, host);
    }
  }
  subject.look_at(host);
}

}  // namespace bus::check
