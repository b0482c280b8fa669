#include "sources/github/relayed.h"

#include <simdjson.h>

#include <algorithm>

#include "sources/github/base64.h"
#include "sources/github/link.h"

namespace bus::github {
namespace {

constexpr std::size_t kMaxHeaders = 32;
constexpr std::size_t kMaxValue = 8u << 10;

// The headers that mean something for a delivery; the others are of the way that it took.
bool is_wanted(std::string_view name) {
  const std::string key = lower(name);
  return key.starts_with("x-github-") || key.starts_with("x-hub-") || key == "content-type" ||
         key == "user-agent";
}

void add_header(Relayed& to, std::string_view name, std::string_view value) {
  const bool control = std::any_of(value.begin(), value.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control || value.size() > kMaxValue || to.headers.size() >= kMaxHeaders || !is_wanted(name)) return;
  to.headers.emplace_back(name, value);
}

void add_headers(Relayed& to, simdjson::ondemand::object headers) {
  for (auto field : headers) {
    const std::string_view name = field.unescaped_key();
    for (auto value : field.value().get_array()) {
      add_header(to, name, value.get_string());
      break;  // as a Go server's Header.Get
    }
  }
}

}  // namespace

std::string_view Relayed::header(std::string_view name) const {
  const std::string wanted = lower(name);
  for (const auto& [key, value] : headers) {
    if (lower(key) == wanted) return value;
  }
  return {};
}

std::optional<Relayed> read_forwarded(const std::string& message) {
  try {
    simdjson::ondemand::parser parser;
    const simdjson::padded_string text(message);
    simdjson::ondemand::document document = parser.iterate(text);
    Relayed out;
    bool has_body = false;
    for (auto field : document.get_object()) {
      const std::string name = lower(field.unescaped_key());
      if (name == "header") {
        add_headers(out, field.value().get_object());
      } else if (name == "body") {
        auto body = base64_decode(field.value().get_string());
        if (!body) return std::nullopt;
        out.body = std::move(*body);
        has_body = true;
      }
    }
    if (!has_body) return std::nullopt;
    return out;
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

std::string forward_answer(int status, std::string_view json) {
  return R"({"Status":)" + std::to_string(status) +
         R"(,"Header":{"Content-Type":["application/json"]},"Body":")" + base64_encode(json) + "\"}";
}

std::optional<Relayed> read_smee(const std::string& data) {
  try {
    simdjson::ondemand::parser parser;
    const simdjson::padded_string text(data);
    simdjson::ondemand::document document = parser.iterate(text);
    Relayed out;
    bool has_body = false;
    for (auto field : document.get_object()) {
      const std::string name(std::string_view(field.unescaped_key()));
      simdjson::ondemand::value value = field.value();
      if (name == "body") {
        out.body = std::string_view(simdjson::to_json_string(value.get_object()));
        has_body = true;
      } else if (value.type() == simdjson::ondemand::json_type::string && is_wanted(name)) {
        add_header(out, name, value.get_string());
      }
    }
    if (!has_body) return std::nullopt;
    return out;
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

}  // namespace bus::github
