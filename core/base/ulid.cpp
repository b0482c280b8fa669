#include "core/base/ulid.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace bus {
inline namespace base {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int digit(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const auto at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

void put_milliseconds(Ulid& id, std::int64_t ms) {
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
}

// 80 random bits. getrandom is buffered: one system call fills many ids.
void put_random(Ulid& id) {
  constexpr std::size_t kEach = 10;
  thread_local std::array<std::uint8_t, kEach * 64> pool;
  thread_local std::size_t used = pool.size();
  if (used + kEach > pool.size()) {
    if (::getrandom(pool.data(), pool.size(), 0) != static_cast<ssize_t>(pool.size())) {
      std::random_device device;
      for (auto& byte : pool) byte = static_cast<std::uint8_t>(device());
    }
    used = 0;
  }
  std::memcpy(id.bytes.data() + 6, pool.data() + used, kEach);
  used += kEach;
}

void increment(Ulid& id) {
  for (std::size_t i = id.bytes.size(); i-- > 0;) {
    if (++id.bytes[i] != 0) return;
  }
}

}  // namespace

std::int64_t Ulid::milliseconds() const {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes[i];
  return ms;
}

void Ulid::append_to(std::string& out) const {
  // 130 bits for 128: the first character carries three bits.
  std::array<char, 26> text;
  unsigned buffer = 0;
  int bits = 2;
  std::size_t at = 0;
  for (std::uint8_t byte : bytes) {
    buffer = buffer << 8 | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text[at++] = kAlphabet[buffer >> bits & 31u];
    }
    buffer &= (1u << bits) - 1;
  }
  out.append(text.data(), text.size());
}

std::string Ulid::text() const {
  std::string out;
  append_to(out);
  return out;
}

std::optional<Ulid> Ulid::parse(std::string_view text) {
  if (text.size() != 26 || digit(text[0]) > 7) return std::nullopt;
  Ulid id;
  unsigned buffer = 0;
  int bits = -2;
  std::size_t at = 0;
  for (char c : text) {
    const int value = digit(c);
    if (value < 0) return std::nullopt;
    buffer = buffer << 5 | static_cast<unsigned>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      id.bytes[at++] = static_cast<std::uint8_t>(buffer >> bits);
      buffer &= (1u << bits) - 1;
    }
  }
  return id;
}

Ulid Ulid::lowest_of(Time time) {
  Ulid id;
  put_milliseconds(id, std::max<std::int64_t>(0, time.us / 1000));
  return id;
}

Ulid UlidMaker::next(Time now) {
  Ulid id = Ulid::lowest_of(now);
  if (id.milliseconds() <= last_.milliseconds()) {
    increment(last_);
    return last_;
  }
  put_random(id);
  return last_ = id;
}

}  // namespace base
}  // namespace bus
