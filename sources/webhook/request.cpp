#include "sources/webhook/request.h"

#include <algorithm>
#include <new>
#include <set>

namespace bus::webhook {
namespace {

constexpr std::size_t kKeptParser = 512u << 10;  // the parser of a larger body is given back at once
constexpr std::size_t kMaxFields = 1024;
constexpr std::size_t kMaxDepth = 128;  // of JSON that the host takes

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// An object of texts: the first of each name, and only what is UTF-8.
class Texts {
 public:
  void add(const std::string& name, std::string_view value) {
    if (!is_utf8(name) || !is_utf8(value) || !seen_.insert(name).second) return;
    if (out_.size() > 1) out_ += ',';
    append_json_text(out_, name);
    out_ += ':';
    append_json_text(out_, value);
  }
  std::string done() const { return out_ + "}"; }

 private:
  std::string out_ = "{";
  std::set<std::string> seen_;
};

bool is_form(std::string_view content_type) {
  const std::string type = lower(content_type.substr(0, content_type.find(';')));
  return type.substr(0, type.find_last_not_of(" \t") + 1) == "application/x-www-form-urlencoded";
}

}  // namespace

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::optional<std::vector<std::pair<std::string, std::string>>> form_fields(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!text.empty() && fields.size() < kMaxFields) {
    const std::string_view field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    auto name = decoded(field.substr(0, equals));
    auto value = decoded(field.substr(std::min(equals + 1, field.size())));
    if (!name || !value) return std::nullopt;
    fields.emplace_back(std::move(*name), std::move(*value));
  }
  return fields;
}

bool BodyReader::is_json(std::string_view body) {
  simdjson::dom::parser large;
  simdjson::dom::parser& parser = body.size() > kKeptParser ? large : parser_;
  if (parser.max_depth() != kMaxDepth && parser.allocate(body.size() + 1, kMaxDepth) != simdjson::SUCCESS)
    throw std::bad_alloc();
  return parser.parse(body.data(), body.size()).error() == simdjson::SUCCESS;
}

Body BodyReader::read(std::string_view content_type, std::string_view body) {
  Body made;
  made.is_text = is_utf8(body);
  if (is_form(content_type)) {
    const auto fields = form_fields(body);
    if (!fields) return made;
    Texts texts;
    for (const auto& [name, value] : *fields) texts.add(name, value);
    made.json = texts.done();
  } else if (made.is_text && is_json(body)) {
    made.json = body;
    made.as_sent = true;
  }
  return made;
}

std::string headers_json(const bus_webhook_request& request, std::string_view secret_header) {
  const std::string secret = lower(secret_header);
  Texts texts;
  for (std::size_t i = 0; i < request.header_count; ++i) {
    const std::string name = lower(view(request.headers[i].name));
    if (name != "authorization" && name != "cookie" && name != secret)
      texts.add(name, view(request.headers[i].value));
  }
  return texts.done();
}

std::string query_json(std::string_view query) {
  Texts texts;
  if (const auto fields = form_fields(query)) {
    for (const auto& [name, value] : *fields) texts.add(name, value);
  }
  return texts.done();
}

}  // namespace bus::webhook
