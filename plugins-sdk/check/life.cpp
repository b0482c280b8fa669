// The life of an instance: create, start, stop, destroy, in every order that a host may choose.
#include <unistd.h>

#include <optional>

#include "bus/testing/cases.hpp"
#include "plugins-sdk/check/checks.h"

namespace bus::check {
namespace {

using testing::Instance;

void stop(Subject& subject, Instance& instance, const std::string& how) {
  subject.found().call("stop " + how, [&] { instance.stop(); });
}
void destroy(Subject& subject, Instance& instance, const std::string& how) {
  subject.found().call("destroy " + how, [&] { instance.destroy(); });
}

bool idle(const testing::FakeAbilities& abilities) {
  return abilities.timers.empty() && abilities.watches.empty() && abilities.programs.empty() &&
         abilities.requests.empty() && abilities.streams.empty();
}

// No more threads and descriptors than before; a thread that is about to end gets a while.
void expect_no_more(const Findings& found, const Possessions& before, const std::string& when) {
  Possessions now = possessions();
  for (int i = 0; i < 200 && (now.threads > before.threads || now.descriptors > before.descriptors); ++i) {
    ::usleep(10'000);
    now = possessions();
  }
  if (now.threads > before.threads) found.fail("threads are left " + when);
  if (now.descriptors > before.descriptors)
    found.fail(std::to_string(now.descriptors - before.descriptors) + " descriptors are left open " + when);
}

void check_routes(Findings& found, const Instance& instance) {
  for (std::uint32_t i = 0; i < instance.webhook->route_count; ++i) {
    const bus_webhook_route& route = instance.route(i);
    if (route.path == nullptr || route.path[0] != '/') found.fail("the path of a route must begin with /");
    if (route.methods == nullptr || route.methods[0] == '\0') found.fail("a route has no methods");
    if (route.signature > BUS_SIGNATURE_HMAC) found.fail("a route's signature is none that there is");
    if (route.signature != BUS_SIGNATURE_NONE && route.secret == nullptr) found.fail("a route has no secret");
    const bool named = route.signature == BUS_SIGNATURE_HEADER || route.signature == BUS_SIGNATURE_HMAC;
    if (named && (route.header == nullptr || route.header[0] == '\0'))
      found.fail("a route does not name its header");
    if (route.signature == BUS_SIGNATURE_NONE)
      found.note(std::string("anybody who reaches the port can send to ") + (route.path ? route.path : ""));
  }
}

}  // namespace

void check_create(Subject& subject) {
  Findings& found = subject.found();
  {
    const auto host = subject.host();  // what a library opens once is not the instance's
    Instance first(subject.plugin(), *host);
    if (!subject.create(first)) return;
    subject.end(first);
  }
  const Possessions before = possessions();
  const auto host = subject.host();
  Instance instance(subject.plugin(), *host);
  if (!subject.create(instance)) return;
  const Possessions after = possessions();
  if (after.threads != before.threads) found.fail("create started a thread: that belongs into start");
  if (after.descriptors != before.descriptors)
    found.fail("create opened a descriptor: that belongs into start");
  if (!idle(host->abilities))
    found.fail("create armed, watched, ran or asked for something: that belongs into start");
  if (host->offered != 0) found.fail("create emitted an event");
  if (instance.webhook != nullptr) check_routes(found, instance);
  subject.end(instance);
}

// A start that fails leaves nothing open, and the same instance is started again later.
void check_start(Subject& subject) {
  Findings& found = subject.found();
  const auto host = subject.host();
  Instance instance(subject.plugin(), *host);
  if (!subject.create(instance)) return;
  std::optional<Possessions> once;  // what a library opens for good, it has opened in the first try
  for (const std::int32_t code : {BUS_UNAVAILABLE, BUS_DENIED}) {
    host->abilities.self.refusal = code;
    if (subject.start(instance)) break;
    host->abilities.end_all();  // as the host does after a start that failed
    if (once) expect_no_more(found, *once, "after a start that failed");
    once = possessions();
  }
  host->abilities.self.refusal = BUS_OK;
  if (once && subject.start(instance))
    exercise(subject, *host, instance, friendly_inputs(subject.arguments()));
  subject.end(instance);
}

void check_stop(Subject& subject) {
  const auto host = subject.host();
  Instance unstarted(subject.plugin(), *host), instance(subject.plugin(), *host);
  if (!subject.create(unstarted)) return;
  stop(subject, unstarted, "without start");
  stop(subject, unstarted, "without start, again");
  destroy(subject, unstarted, "after stop without start");
  if (!subject.start(instance))
    subject.found().note("it did not start: " + std::string(instance.error.message));
  stop(subject, instance, "after start");
  stop(subject, instance, "again");
  destroy(subject, instance, "after stop");
  subject.look_at(*host);
}

void check_destroy(Subject& subject) {
  const auto host = subject.host();
  Instance created(subject.plugin(), *host), used(subject.plugin(), *host), other(subject.plugin(), *host);
  if (!subject.create(created)) return;
  destroy(subject, created, "after create");
  const bool started = subject.start(used);
  if (!subject.create(other)) return;
  if (started) exercise(subject, *host, used, friendly_inputs(subject.arguments()));
  destroy(subject, other, "after create, while another one runs");
  stop(subject, used, "after work");
  destroy(subject, used, "after work");
}

// Nothing is emitted once stop has returned: by a thread, by destroy, or by what was left armed.
void check_late(Subject& subject) {
  const auto host = subject.host();
  Instance instance(subject.plugin(), *host);
  if (!subject.start(instance))
    return subject.found().skip("it did not start: " + std::string(instance.error.message));
  exercise(subject, *host, instance, friendly_inputs(subject.arguments()));
  stop(subject, instance, "after work");
  ::usleep(
      50'000);  // for a thread that should not be there: what it does is a finding, and a quiet one is none
  destroy(subject, instance, "after work");
  if (host->late != 0)
    subject.found().fail("it emitted " + std::to_string(host->late) + " events after stop had returned");
}

void check_leaks(Subject& subject) {
  const auto round = [&] {
    const auto host = subject.host();
    Instance instance(subject.plugin(), *host);
    if (subject.start(instance)) exercise(subject, *host, instance, friendly_inputs(subject.arguments()));
    subject.end(instance);
  };
  round();  // what is opened once and for all
  const Possessions before = possessions();
  round();
  round();
  expect_no_more(subject.found(), before, "after destroy");
}

}  // namespace bus::check
