// The body of a notification; up to the first newline the input is a watchdog. Whatever comes in, the events
// that come out keep the bounds that the host asks for, and what is heard of watchdogs points at them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "sources/alertmanager/hearing.h"
#include "sources/alertmanager/normalize.h"

namespace {

using namespace bus::alertmanager;

void check_text(const std::string& text) {
  if (text.size() > 1024 || text.find('\0') != std::string::npos) std::abort();
}

void check(const bus::Event& event) {
  for (const std::string* text : {&event.scope, &event.subject, &event.key}) check_text(*text);
  if (event.type.empty() || event.time_us < 0) std::abort();
  if (!event.task) return;
  const bus::Task& task = *event.task;
  if (task.id.empty() || task.kind.empty()) std::abort();
  if ((task.state == bus::State::finished) != (task.result != bus::Outcome::none)) std::abort();
  for (const std::string* text : {&task.id, &task.name, &task.scope, &task.url, &task.detail})
    check_text(*text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::string_view line = body.substr(0, body.find('\n'));
  body.remove_prefix(line.size() < body.size() ? line.size() + 1 : body.size());
  std::vector<Matcher> watchdogs;
  if (auto matcher = Matcher::parse(line)) {
    // What it writes is what it reads.
    const auto again = Matcher::parse(matcher->text());
    if (matcher->text().size() <= 256 && (!again || again->text() != matcher->text())) std::abort();
    watchdogs.push_back(std::move(*matcher));
  }
  Hearing hearing({std::string(line)}, 600, 1000);
  hearing.restore(body, 1000);
  if (hearing.due_us() && (*hearing.due_us() <= 1000 || *hearing.due_us() > 1600)) std::abort();

  Normalizer normalizer(std::move(watchdogs));
  const auto made = normalizer.normalize(body);
  const auto* reading = std::get_if<Reading>(&made);
  if (reading == nullptr) return 0;
  for (const bus::Event& event : reading->events) check(event);
  for (const Heard& heard : reading->heard) {
    if (heard.event >= reading->events.size() || heard.watchdog >= normalizer.watchdogs().size())
      std::abort();
  }
  return 0;
}
