// Ignore rules and names: up to the first NUL the input is a file of rules, the rest a path. Whatever comes
// in, an answer comes soon, the rules say the same twice, and a name comes back from its escaped form.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/fs/glob.h"
#include "sources/fs/ignore.h"
#include "sources/fs/names.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\0'), size);
  const std::string_view text = input.substr(0, end), path = input.substr(std::min(end + 1, size));
  const bus::fs::Rules rules(text);
  if (!path.empty()) {
    for (const bool folder : {false, true}) {
      if (rules.judge(path, folder) != rules.judge(std::string(path), folder)) std::abort();
    }
  }
  const bus::fs::Glob glob(text);
  if (glob.matches(path) && text.find_first_of("*?[\\") == std::string_view::npos && text != path)
    std::abort();
  const auto back = bus::fs::unescape(bus::fs::escape(input));
  if (!back || *back != input) std::abort();
  (void)bus::fs::unescape(input);
  return 0;
}
