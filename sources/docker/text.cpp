#include "sources/docker/text.h"

#include <charconv>

namespace bus::docker {
std::int64_t number_or(std::string_view text, std::int64_t otherwise) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && !text.empty() && end == text.data() + text.size() ? value : otherwise;
}

std::string_view text_of(simdjson::dom::object object, std::string_view key) {
  std::string_view found;
  return object.at_key(key).get_string().get(found) == simdjson::SUCCESS ? found : std::string_view();
}

std::int64_t number_of(simdjson::dom::object object, std::string_view key) {
  std::int64_t found = 0;
  return object.at_key(key).get_int64().get(found) == simdjson::SUCCESS ? found : 0;
}

bool flag_of(simdjson::dom::object object, std::string_view key) {
  bool found = false;
  return object.at_key(key).get_bool().get(found) == simdjson::SUCCESS && found;
}

bool object_of(simdjson::dom::object object, std::string_view key, simdjson::dom::object& found) {
  return object.at_key(key).get_object().get(found) == simdjson::SUCCESS;
}

}  // namespace bus::docker
