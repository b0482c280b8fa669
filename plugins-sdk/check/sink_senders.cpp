// A sink gets the log that four senders have filled, in batches, as a host hands it over: what it does not
// take now comes again, what it never takes is given up. Its servers take what comes, or do not for now, or
// never, or now and then. In the end every event is accepted or refused, as the servers have it, and none was
// carried out twice.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <vector>

#include "bus/testing/cases.hpp"
#include "bus/testing/golden.hpp"
#include "plugins-sdk/check/checks.h"
#include "plugins-sdk/check/senders.h"

namespace bus::check {
namespace {

using testing::FakeHost;
using testing::Instance;
using testing::StoredEvent;

struct Weather {
  const char* name;
  std::int32_t answers[4];  // HTTP, to one request after the other, again and again
};
constexpr Weather kWeathers[] = {{"servers that take all", {202, 202, 202, 202}},
                                 {"servers that take nothing for now", {503, 503, 503, 202}},
                                 {"servers that never take anything", {400, 400, 400, 400}},
                                 {"servers that take some", {202, 503, 202, 400}}};

// One event on its way.
struct Sent {
  StoredEvent stored;
  Answer told = Answer::not_now;                // what the sink has said of it
  int taken = 0, refused_now = 0, refused = 0;  // what servers have said of requests with it
};

// Whether a text has an event: by its id, or by a summary that no other has.
bool has(std::string_view text, const StoredEvent& stored) {
  return text.find(stored.id()) != text.npos || text.find(stored.event.summary) != text.npos;
}

// Four senders' events, in the order in which they came.
std::vector<Sent> fill_log(std::uint64_t last_seq) {
  std::vector<Sent> log;
  log.reserve(kSent);
  with_senders([&](std::size_t number) {
    char summary[64];
    std::snprintf(summary, sizeof summary, "number %03zu of many", number);
    Sent one;
    one.stored.seq = ++last_seq;
    one.stored.event.type = "note", one.stored.event.key = std::to_string(number),
    one.stored.event.summary = summary;
    log.push_back(std::move(one));
    return Answer::taken;
  });
  return log;
}

class Round {
 public:
  Round(Subject& subject, FakeHost& host, Instance& instance, const Weather& weather)
      : subject_(subject),
        host_(host),
        instance_(instance),
        weather_(weather),
        log_(fill_log(instance.last_seq)) {}

  // False: it will not be known, as the sink waits for what this host does not have.
  bool deliver_all() {
    std::size_t size = 1;
    for (std::size_t at = 0; at < log_.size(); size = size % 17 + 5) {
      const std::size_t count = std::min(size, log_.size() - at);
      std::vector<StoredEvent> batch;
      for (std::size_t i = at; i < at + count; ++i) batch.push_back(log_[i].stored);
      testing::Delivered answer{BUS_FAULT, 0, 0, {}};
      const bool back = subject_.found().call("a batch of " + std::to_string(count), [&] {
        answer = deliver(host_, instance_, batch, [this](const auto& asked) { return serve(asked); });
      });
      if (!back || answer.code == BUS_LATER) return false;
      at = settle(at, count, answer);
      if (failed_) return false;
    }
    return true;
  }

  Counts counts() const {
    Counts all;
    for (const Sent& one : log_) {
      ++all.sent;
      all.accepted += one.told == Answer::taken ? 1u : 0u;
      all.refused += one.told == Answer::never ? 1u : 0u;
    }
    return all;
  }
  bool asked_servers() const { return requests_ != 0; }

  // What the sink has said of each event, held against what became of it.
  void compare() {
    count_lines();
    for (const Sent& one : log_) compare(one);
  }

 private:
  std::int32_t serve(const testing::FakeRequests::Asked& asked) {
    const std::int32_t status = weather_.answers[requests_++ % 4];
    for (Sent& one : log_) {
      const auto in_header = [&](const auto& header) { return has(header.second, one.stored); };
      if (!has(asked.body, one.stored) && std::none_of(asked.headers.begin(), asked.headers.end(), in_header))
        continue;
      ++(status < 300 ? one.taken : status == 503 ? one.refused_now : one.refused);
    }
    return status;
  }

  // Takes the answer to `count` events from `at` on; gives the first that is still to be delivered.
  std::size_t settle(std::size_t at, std::size_t count, const testing::Delivered& answer) {
    const bool all = subject_.expect_class(answer.code, answer.message);
    if (!all && answer.accepted > count) {
      subject_.found().fail("a sink accepted more than it was given");
      failed_ = true;
      return at;
    }
    const std::size_t done = all ? count : answer.accepted;
    for (std::size_t i = at; i < at + done; ++i) log_[i].told = Answer::taken;
    if (all || done == count) return at + done;
    tries_ = done == 0 ? tries_ + 1 : 1;
    const bool never = answer.code == BUS_INVALID;
    if (!never && tries_ < kTries) return at + done;
    tries_ = 0;
    log_[at + done].told = Answer::never;
    if (!never) given_up_.push_back(log_[at + done].stored.seq);
    return at + done + 1;
  }
  void compare(const Sent& one) const {
    const auto fail = [&](const std::string& what) {
      subject_.found().fail(what + " (" + one.stored.event.summary + ", " + weather_.name + ")");
    };
    const bool nobody = one.taken == 0 && one.refused + one.refused_now != 0;
    const bool never = one.told == Answer::never && !given_up(one);
    if (one.taken > 1) fail("an event was carried out twice");
    if (one.told == Answer::taken && nobody)
      fail("a sink said that an event is safe, and its server had refused it");
    if (never && one.taken != 0) fail("a sink refused an event for good, and its server had taken it");
    if (never && nobody && one.refused == 0)
      fail("a sink refused an event for good that its server did not take for now");
  }
  // By the host, after many tries: not the sink's word.
  bool given_up(const Sent& one) const {
    return std::find(given_up_.begin(), given_up_.end(), one.stored.seq) != given_up_.end();
  }

  // What the sink has written below its home: each event that stands in a line was carried out there.
  void count_lines() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(subject_.scratch())) {
      if (!entry.is_regular_file()) continue;
      std::istringstream in(testing::read_file(entry.path()));
      for (std::string line; std::getline(in, line);) {
        for (Sent& one : log_) one.taken += has(line, one.stored) ? 1 : 0;
      }
    }
  }

  Subject& subject_;
  FakeHost& host_;
  Instance& instance_;
  const Weather& weather_;
  std::vector<Sent> log_;
  std::vector<std::uint64_t> given_up_;  // seqs
  std::size_t requests_ = 0;
  int tries_ = 0;  // of the event in front
  bool failed_ = false;
};

}  // namespace

void send_to_sink(Subject& subject) {
  Findings& found = subject.found();
  for (const Weather& weather : kWeathers) {
    const auto host = subject.host();
    Instance instance(subject.plugin(), *host);
    if (!subject.start(instance))
      return found.skip("it did not start: " + std::string(instance.error.message));
    Round round(subject, *host, instance, weather);
    const bool known = round.deliver_all();
    subject.end(instance);
    if (!known) return found.skip("it answers later, for what this host does not have");
    const Counts counts = round.counts();
    expect_counts(found, counts, weather.name);
    round.compare();
    for (const auto& left : std::filesystem::directory_iterator(subject.scratch()))
      std::filesystem::remove_all(left.path());
    if (!round.asked_servers()) {
      if (counts.refused != 0)
        found.note(std::to_string(counts.refused) + " of " + std::to_string(counts.sent) +
                   " events were not taken");
      return;  // no server, no weather
    }
  }
}

}  // namespace bus::check
