// Any bytes as a configuration file: an answer, whatever they are, and what was accepted is shown as JSON
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/config/catalog.h"
#include "core/config/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bus::config::Loaded loaded = bus::config::load_text(text, "fuzz.toml");
  for (const bus::config::Problem& problem : loaded.problems) {
    if (problem.text().find('\x1b') != std::string::npos) std::abort();
  }
  return bus::config::show_json(loaded.settings).empty() ? 1 : 0;
}
