// An engine's answer, as bytes: HTTP reader, splitter, normalizer. The first byte says how large the pieces
// are in which it comes. Whatever comes in, an event that comes out keeps the bounds that the host asks for,
// and what is remembered can be read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sources/docker/http_reader.h"
#include "sources/docker/normalize.h"
#include "sources/docker/object_splitter.h"
#include "sources/docker/text.h"

namespace {

using namespace bus::docker;

constexpr std::int64_t kNow = 1795184100000000;

void check(bool good) {
  if (!good) std::abort();
}

void check_text(const std::string& text) {
  check(text.size() <= 1024 && text.find('\0') == std::string::npos);
}

void check_task(const bus::Task& task) {
  check(!task.id.empty() && !task.kind.empty());
  check((task.state == bus::State::finished) == (task.result != bus::Outcome::none));
  check(task.started_us >= 0 && task.ended_us >= 0);
  for (const std::string* text :
       {&task.id, &task.name, &task.scope, &task.parent, &task.detail, &task.signal})
    check_text(*text);
}

void check_event(const bus::Event& event) {
  static simdjson::dom::parser parser;
  check(event.type.starts_with("docker_") && event.type.size() <= 64);
  check_text(event.scope), check_text(event.subject), check_text(event.key);
  check(event.time_us >= 0);
  simdjson::dom::object data;
  check(parser.parse(event.data).get_object().get(data) == simdjson::SUCCESS);
  if (event.task) check_task(*event.task);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = bytes[0] == 0 ? size : bytes[0];
  std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  HttpReader reader;
  ObjectSplitter splitter(4096);
  Normalizer normalizer(Choice{{}, {}, {"exec*"}});
  ObservationReader observations;
  std::vector<bus::Event> events;
  const auto take = [&](std::string_view json) {
    normalizer.take(json, kNow, events);
    if (const auto seen = observations.read(json)) normalizer.observe(*seen, kNow, kNow, events);
  };
  bool good = true;
  while (!input.empty() && good) {
    const std::string_view piece = input.substr(0, step);
    input.remove_prefix(piece.size());
    good = reader.feed(piece, [&](std::string_view body) { return splitter.feed(body, take); });
  }
  normalizer.lose_sight(kNow);
  normalizer.tell_unknown(kNow, events);
  const std::string saved = normalizer.save(kNow);
  Normalizer again(Choice{});
  again.restore(saved);
  check(again.open() == normalizer.open());
  check(again.save(kNow) == saved);
  for (const std::string& id : again.known()) again.gone(id, kNow, events);
  for (const bus::Event& event : events) check_event(event);
  return 0;
}
