// The bytes between the host and a plugin's child process: numbers in little-endian order, text with its
// length before it. Both ends are the same program on the same machine; what the child sends is not trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace bus::plugin {

// Puts a frame together. One thread.
class Packer {
 public:
  template <class Number>
  Packer& number(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    bytes_.append(bytes, sizeof value);
    return *this;
  }
  Packer& text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  Packer& raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }

  std::string_view bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

// Takes a frame apart. After something that is not there everything is 0 and empty, and good() is false. The
// texts point into the frame. One thread.
class Unpacker {
 public:
  explicit Unpacker(std::string_view frame) : rest_(frame) {}

  template <class Number>
  Number number() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    const std::string_view bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view text() { return take(number<std::uint32_t>()); }
  // How many elements follow, of `least` bytes each at least: more cannot be there.
  std::size_t count(std::size_t least) {
    const std::size_t said = number<std::uint32_t>();
    if (said <= rest_.size() / least) return said;
    good_ = false;
    return 0;
  }

  bool good() const { return good_; }
  // True if all was there, and nothing is left.
  bool done() const { return good_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view take(std::size_t size) {
    if (!good_ || size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace bus::plugin
