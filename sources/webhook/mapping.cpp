#include "sources/webhook/mapping.h"

#include <algorithm>
#include <cstdio>

#include "bus/cpp/text.hpp"

namespace bus::webhook {
namespace {

constexpr double kMaxSeconds = 253'402'300'799.0;  // the end of the year 9999
constexpr std::size_t kMaxWord = 64;

}  // namespace

std::optional<simdjson::dom::element> ValueReader::parse(std::string_view json, bool& wrong) {
  simdjson::dom::element value;
  wrong = parser_.parse(json.data(), json.size()).get(value) != simdjson::SUCCESS;
  if (wrong || value.is_null()) return std::nullopt;
  return value;
}

std::optional<std::string> ValueReader::text(std::string_view json, bool& wrong) {
  const auto value = parse(json, wrong);
  if (!value) return std::nullopt;
  wrong = value->is_object() || value->is_array();
  if (wrong) return std::nullopt;
  std::string_view words;
  if (value->get_string().get(words) == simdjson::SUCCESS) return std::string(words);
  return std::string(json);
}

std::optional<std::int64_t> ValueReader::time_us(std::string_view json, bool& wrong) {
  const auto value = parse(json, wrong);
  if (!value) return std::nullopt;
  std::string_view words;
  double seconds = 0;
  std::optional<std::int64_t> us;
  if (value->get_string().get(words) == simdjson::SUCCESS) {
    us = parse_time_us(words);
  } else if (value->get_double().get(seconds) == simdjson::SUCCESS && seconds > 0 && seconds <= kMaxSeconds) {
    us = static_cast<std::int64_t>(seconds * 1e6);
  }
  wrong = !us;
  return us;
}

std::optional<std::string> ValueReader::object(std::string_view json, bool& wrong) {
  const auto value = parse(json, wrong);
  if (!value) return std::nullopt;
  wrong = !value->is_object();
  return wrong ? std::nullopt : std::optional(std::string(json));
}

std::string word_of(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool letter = c >= 'a' && c <= 'z';
    if (letter || (!out.empty() && c >= '0' && c <= '9')) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  out.resize(std::min(out.size(), kMaxWord));
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

std::string digest(std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : body) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  char text[48];
  std::snprintf(text, sizeof text, "%016llx-%zu", static_cast<unsigned long long>(hash), body.size());
  return text;
}

}  // namespace bus::webhook
