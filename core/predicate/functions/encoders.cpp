// base64.
#include <array>

#include "core/predicate/functions/functions.h"

namespace bus::predicate {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto kDigits = [] {
  std::array<int, 256> digits{};
  for (int& digit : digits) digit = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int>(i);
  }
  return digits;
}();

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) : 0u;
    };
    const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += i + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
  return out;
}

bool decode_base64(std::string_view text, std::string& out) {
  // The padding may be left out, but what is there must be right.
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return false;
  unsigned group = 0;
  int bits = 0;
  for (const char c : text) {
    const int digit = kDigits[static_cast<unsigned char>(c)];
    if (digit < 0) return false;
    group = group << 6 | static_cast<unsigned>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(static_cast<unsigned char>(group >> bits));
    }
  }
  return true;
}

namespace functions_of {

Value base64_encode(const Call& call) {
  if (!call.is(Kind::bytes)) return call.no_overload();
  if (!call.context.affords(call.text(0).size() * 2)) return call.exhausted();
  return call.context.keep(encode_base64(call.text(0)));
}

Value base64_decode(const Call& call) {
  if (!call.is(Kind::string)) return call.no_overload();
  if (!call.context.affords(call.text(0).size())) return call.exhausted();
  std::string bytes;
  if (!decode_base64(call.text(0), bytes)) return call.wrong("the text is not base64");
  return call.context.keep(bytes, Kind::bytes);
}

}  // namespace functions_of

}  // namespace bus::predicate
