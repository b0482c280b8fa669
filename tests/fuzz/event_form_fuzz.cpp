// A line that a program wrote (the source exec), in either form. What is read is an event that the host
// takes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/event/event.h"
#include "core/plugin/event_form.h"
#include "sources/exec/lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bus;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  static plugin::Descriptor descriptor = [] {
    plugin::Descriptor made;
    made.name = "exec";
    made.event_types = {"*"};
    return made;
  }();
  static json::Document document;
  const auto event = plugin::read_form(descriptor, line, Time{1'795'161'600'000'000}, document);
  if (event) {
    if (event->source != "exec" || !event::validate(*event).ok()) std::abort();
    return 0;
  }
  // Then it is a bad line, which must be an event in any case.
  exec::Item item;
  item.line = 1, item.why = event.error().message, item.text = line;
  const bus::sdk::Event bad = exec::bad_line_event("exec", item);
  if (!document.parse(bad.data).ok()) std::abort();
  return 0;
}
