#include "sources/pytest/fields.h"

#include "sources/pytest/text.h"

namespace bus::pytest {

std::optional<simdjson::dom::element> Fields::find(std::string_view key) const {
  simdjson::dom::element found;
  if (object_.at_key(key).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

void Fields::wrong(std::string_view key, std::string_view why) const {
  std::string text = path_.empty() ? std::string() : path_ + ".";
  text.append(key).append(" ").append(why);
  problem_->say(std::move(text));
}

std::string_view Fields::text(std::string_view key, std::size_t most) const {
  const auto found = find(key);
  if (!found) return {};
  std::string_view value;
  if (found->get_string().get(value) != simdjson::SUCCESS) {
    wrong(key, "must be a text");
    return {};
  }
  if (value.size() > most) {
    wrong(key, "must have at most " + std::to_string(most) + " bytes");
    return {};
  }
  if (most <= kMaxText && value.find('\0') != std::string_view::npos) {
    wrong(key, "must not contain NUL");
    return {};
  }
  return value;
}

std::string_view Fields::required_text(std::string_view key, std::size_t most) const {
  const std::string_view value = text(key, most);
  if (value.empty()) wrong(key, "is missing or empty");
  return value;
}

std::optional<std::uint64_t> Fields::number(std::string_view key, std::uint64_t most,
                                            std::uint64_t least) const {
  const auto found = find(key);
  if (!found) return std::nullopt;
  std::uint64_t value = 0;
  if (found->get_uint64().get(value) != simdjson::SUCCESS || value < least || value > most) {
    wrong(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return value;
}

std::optional<double> Fields::seconds(std::string_view key) const {
  constexpr double kMost = 1e9;
  const auto found = find(key);
  if (!found) return std::nullopt;
  double value = 0;
  if (found->get_double().get(value) != simdjson::SUCCESS || !(value >= 0 && value <= kMost)) {
    wrong(key, "must be a number of seconds");
    return std::nullopt;
  }
  return value;
}

std::int64_t Fields::time_us(std::string_view key) const {
  constexpr double kLast = 253402300799;  // the end of the year 9999
  const auto found = find(key);
  if (!found) return 0;
  double value = 0;
  if (found->get_double().get(value) != simdjson::SUCCESS || !(value >= 0 && value <= kLast)) {
    wrong(key, "must be a time in seconds since 1970");
    return 0;
  }
  return static_cast<std::int64_t>(value * 1e6);
}

bool Fields::flag(std::string_view key) const {
  const auto found = find(key);
  bool value = false;
  if (found && found->get_bool().get(value) != simdjson::SUCCESS) wrong(key, "must be true or false");
  return value;
}

bool Fields::has(std::string_view key) const {
  return find(key).has_value();
}

std::optional<Fields> Fields::object(std::string_view key) const {
  const auto found = find(key);
  if (!found) return std::nullopt;
  simdjson::dom::object value;
  if (found->get_object().get(value) != simdjson::SUCCESS) {
    wrong(key, "must be an object");
    return std::nullopt;
  }
  std::string path = path_.empty() ? std::string() : path_ + ".";
  return Fields(value, path.append(key), *problem_);
}

std::optional<Fields> Fields::required_object(std::string_view key) const {
  auto value = object(key);
  if (!value) wrong(key, "is missing");
  return value;
}

void Fields::objects(std::string_view key, std::size_t most,
                     const std::function<void(const Fields&)>& each) const {
  const auto found = find(key);
  if (!found) return;
  simdjson::dom::array all;
  if (found->get_array().get(all) != simdjson::SUCCESS) return wrong(key, "must be an array");
  std::size_t index = 0;
  for (const simdjson::dom::element one : all) {
    if (index == most) return wrong(key, "must have at most " + std::to_string(most) + " elements");
    std::string path = path_.empty() ? std::string() : path_ + ".";
    path.append(key).append("[").append(std::to_string(index++)).append("]");
    simdjson::dom::object value;
    if (one.get_object().get(value) != simdjson::SUCCESS) return problem_->say(path + " must be an object");
    each(Fields(value, std::move(path), *problem_));
    if (problem_->found()) return;
  }
}

}  // namespace bus::pytest
