// Headers and body of a delivery: up to its first three lines the input is event, delivery id and content
// type, the rest is the body. Whatever comes in, an event that comes out keeps the bounds that the host asks
// for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "sources/github/normalize.h"

namespace {

std::string_view take_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(line.size() < input.size() ? line.size() + 1 : input.size());
  return line;
}

void check_text(const std::string& text) {
  if (text.size() > 1024 || text.find('\0') != std::string::npos) std::abort();
}

void check_task(const bus::Task& task) {
  if (task.id.empty() || task.kind.empty()) std::abort();
  // The host numbers the tries of these.
  if (task.attempt == 0 && task.kind != "check" && task.kind != "suite") std::abort();
  if ((task.state == bus::State::finished) != (task.result != bus::Outcome::none)) std::abort();
  if (!task.blocked_on.empty() && task.state != bus::State::blocked) std::abort();
  if (task.started_us < 0 || task.ended_us < 0) std::abort();
  for (const std::string* text : {&task.id, &task.name, &task.scope, &task.ref, &task.sha, &task.change,
                                  &task.url, &task.actor, &task.worker, &task.parent, &task.detail}) {
    check_text(*text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static bus::github::Normalizer normalizer;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  bus::github::Posted posted;
  posted.event = take_line(body);
  posted.delivery = take_line(body);
  posted.content_type = take_line(body);
  posted.body = body;
  const auto made = normalizer.normalize(posted);
  const auto* event = std::get_if<bus::Event>(&made);
  if (event == nullptr) return 0;
  check_text(event->scope);
  check_text(event->subject);
  if (event->time_us < 0) std::abort();
  if (event->task) check_task(*event->task);
  return 0;
}
