// Keys and signature files of minisign, as they come with libraries from anywhere.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/plugin/minisign.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using bus::plugin::MinisignKey;
  static const auto key = MinisignKey::parse("RWTKD0i1gvsAz1XlQ3IM7fHvJJND+wUcp1qMSE/wmXY69wpoXqe0VZ/w");
  if (!key) std::abort();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A key that was read is read again from the one line that it is kept as.
  if (const auto read = MinisignKey::parse(text)) {
    const auto again = MinisignKey::parse(read->text());
    if (!again || again->id() != read->id()) std::abort();
  }
  // Whatever it is, it is no signature of bytes that nobody has signed.
  if (key->verify(text, "these bytes")) std::abort();
  (void)bus::plugin::minisign_signer(text);
  return 0;
}
