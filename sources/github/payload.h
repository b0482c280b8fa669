// Lenient reading of a webhook's JSON: nothing is promised about it, so every read of a missing, null or odd
// member gives "nothing", and never an error.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/cpp/text.hpp"

namespace bus::github {

// The first line of it.
std::string_view first_line(std::string_view text);

// One JSON object, or nothing. A view: valid while the parser that read it keeps the document. Copied freely.
class Payload {
 public:
  Payload() = default;
  explicit Payload(simdjson::dom::object object) : object_(object), exists_(true) {}

  bool exists() const { return exists_; }

  Payload object(std::string_view key) const;
  // The first element of an array of objects.
  Payload first(std::string_view key) const;
  // How many elements an array has; 0 if it is none.
  std::size_t length(std::string_view key) const;
  bool has_array(std::string_view key) const;
  // Visits the objects of an array with visit(const Payload&).
  template <class Visit>
  void each(std::string_view key, Visit visit) const {
    simdjson::dom::array array;
    if (find(key).get_array().get(array) != simdjson::SUCCESS) return;
    for (const simdjson::dom::element one : array) {
      simdjson::dom::object found;
      if (one.get_object().get(found) == simdjson::SUCCESS) visit(Payload(found));
    }
  }
  // clip()ped; empty if it is not a string.
  std::string_view text(std::string_view key) const;
  // A whole number from 0 on. A number in quotes is none.
  std::optional<std::uint64_t> number(std::string_view key) const;
  // False unless it is `true`.
  bool flag(std::string_view key) const;
  // RFC 3339, or a number of seconds since the Unix epoch, as µs since then; 0 if it is neither.
  std::int64_t time_us(std::string_view key) const;

 private:
  simdjson::simdjson_result<simdjson::dom::element> find(std::string_view key) const;

  simdjson::dom::object object_;
  bool exists_ = false;
};

}  // namespace bus::github
