// Writing JSON: the one way. Appends compact JSON to a string; commas and escapes are the writer's business.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace bus::json {

// Appends `text` as a JSON string with its quotes. Malformed UTF-8 becomes U+FFFD.
void append_string(std::string& out, std::string_view text);

// REQUIRES: calls form a JSON value (a key before each value of an object, each begin with its end).
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);

  Writer& string(std::string_view text);
  Writer& integer(std::int64_t value);
  Writer& uinteger(std::uint64_t value);
  Writer& number(double value);  // null where JSON has no word for it (infinities, NaN)
  Writer& boolean(bool value);
  Writer& null();
  // A value that is JSON already; taken as it is.
  Writer& raw(std::string_view json);

  Writer& value(std::string_view text) { return string(text); }
  Writer& value(const std::string& text) { return string(text); }
  Writer& value(const char* text) { return string(text); }
  Writer& value(bool yes) { return boolean(yes); }
  Writer& value(double number_) { return number(number_); }
  template <std::signed_integral T>
  Writer& value(T integer_) {
    return integer(integer_);
  }
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Writer& value(T integer_) { return uinteger(integer_); }
  template <class T>
  Writer& member(std::string_view name, const T& value_) {
    return key(name).value(value_);
  }
  // The member, unless the text is empty.
  Writer& member_if(std::string_view name, std::string_view text) {
    return text.empty() ? *this : member(name, text);
  }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;
};

}  // namespace bus::json
