// Messages to the intake of the source `pytest`.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "sources/pytest/intake.h"
#include "tests/fuzz/pytest_events.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static bus::pytest::Intake intake;
  const bus::pytest::Meaning meaning = intake.read({reinterpret_cast<const char*>(data), size});
  if (const auto* refusal = std::get_if<bus::pytest::Refusal>(&meaning)) {
    if (refusal->message.empty()) std::abort();
  } else if (const auto* live = std::get_if<bus::pytest::Live>(&meaning)) {
    bus::fuzz::check_events(live->events);
  } else {
    bus::fuzz::check_events(std::get<bus::pytest::FromFile>(meaning).events);
  }
  return 0;
}
