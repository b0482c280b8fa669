#include "sources/github/payload.h"

namespace bus::github {
std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

simdjson::simdjson_result<simdjson::dom::element> Payload::find(std::string_view key) const {
  if (!exists_) return simdjson::NO_SUCH_FIELD;
  return object_.at_key(key);
}

Payload Payload::object(std::string_view key) const {
  simdjson::dom::object found;
  if (find(key).get_object().get(found) != simdjson::SUCCESS) return {};
  return Payload(found);
}

Payload Payload::first(std::string_view key) const {
  simdjson::dom::array array;
  simdjson::dom::object found;
  if (find(key).get_array().get(array) != simdjson::SUCCESS) return {};
  if (array.at(0).get_object().get(found) != simdjson::SUCCESS) return {};
  return Payload(found);
}

std::size_t Payload::length(std::string_view key) const {
  simdjson::dom::array array;
  if (find(key).get_array().get(array) != simdjson::SUCCESS) return 0;
  return array.size();
}

bool Payload::has_array(std::string_view key) const {
  simdjson::dom::array array;
  return find(key).get_array().get(array) == simdjson::SUCCESS;
}

std::string_view Payload::text(std::string_view key) const {
  std::string_view found;
  if (find(key).get_string().get(found) != simdjson::SUCCESS) return {};
  return clip(found);
}

std::optional<std::uint64_t> Payload::number(std::string_view key) const {
  std::uint64_t found = 0;
  if (find(key).get_uint64().get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

bool Payload::flag(std::string_view key) const {
  bool found = false;
  return find(key).get_bool().get(found) == simdjson::SUCCESS && found;
}

std::int64_t Payload::time_us(std::string_view key) const {
  constexpr std::uint64_t kLast = 253402300799;  // the end of the year 9999
  if (const auto seconds = number(key)) {
    return *seconds <= kLast ? static_cast<std::int64_t>(*seconds) * 1000000 : 0;
  }
  return parse_time_us(text(key)).value_or(0);
}

}  // namespace bus::github
