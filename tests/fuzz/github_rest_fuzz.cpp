// Answers of GitHub's REST API: the first byte says what was asked, the rest is the body. What is made of it
// keeps the bounds that the host asks for. The same bytes are read as all else that comes from there or from
// the store: links, hooks, deliveries, saved places.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/github/hooks.h"
#include "sources/github/link.h"
#include "sources/github/observe.h"
#include "sources/github/poller.h"
#include "sources/github/stalls.h"

namespace {

using bus::github::What;

void check_text(const std::string& text) {
  if (text.size() > 1024 || text.find('\0') != std::string::npos) std::abort();
}

void check_event(const bus::Event& event) {
  if (event.type.empty() || !event.polled || event.time_us < 0) std::abort();
  for (const std::string* text : {&event.scope, &event.subject, &event.key}) check_text(*text);
  if (!event.task) {
    if (event.type != "pull_request" && !event.key.empty()) std::abort();
    return;
  }
  const bus::Task& task = *event.task;
  if (task.id.empty() || task.kind.empty() || !event.key.empty()) std::abort();
  if ((task.state == bus::State::finished) != (task.result != bus::Outcome::none)) std::abort();
  for (const std::string* text : {&task.id, &task.name, &task.scope, &task.ref, &task.sha, &task.change,
                                  &task.url, &task.actor, &task.worker, &task.parent, &task.detail})
    check_text(*text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static bus::github::Observer observer;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto what = static_cast<What>(data[0] % 8);
  bus::github::Stalls stalls(1);
  if (const auto reading = observer.read(what, "octo/hello", "98", body, {})) {
    for (const bus::Event& event : reading->events) {
      check_event(event);
      stalls.note(event, 1'800'000'000'000'000);
    }
  }
  for (const bus::Event& event : stalls.overdue(1'900'000'000'000'000)) check_event(event);
  bus::github::Stalls again(1);
  again.load(stalls.save());
  again.load(body);
  const std::string next = bus::github::next_link(body);
  (void)bus::github::origin_of(next);
  (void)bus::github::moved_base(body, "https://api.github.com", "/x");
  if (const auto hooks = bus::github::read_hooks(body)) (void)bus::github::ours_of(*hooks, {"/webhook"});
  if (const auto all = bus::github::read_deliveries(body)) (void)bus::github::never_taken(*all);
  bus::github::Poller poller("https://api.github.com", {});
  poller.watch("octo/hello");
  poller.load(body);
  return 0;
}
