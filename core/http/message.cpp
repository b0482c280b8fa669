#include "core/http/message.h"

#include "core/base/text.h"
#include "core/json/writer.h"

namespace bus::http {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::optional<std::string> decode_component(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const std::string pair = lower_ascii(text.substr(i + 1, 2));
      const std::size_t high = kDigits.find(pair[0]);
      const std::size_t low = kDigits.find(pair[1]);
      if (high > 15 || low > 15) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

int status_of(Code code) {
  switch (code) {
    case Code::invalid:
      return 400;
    case Code::denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::conflict:
      return 409;
    case Code::limit:
      return 429;
    case Code::unavailable:
    case Code::stopping:
      return 503;
    case Code::timeout:
      return 504;
    case Code::config:
    case Code::fault:
      break;
  }
  return 500;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const HeaderView& each : headers) {
    if (same_name(each.name, name)) return each.value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = pair.find('=');
    if (decode_component(pair.substr(0, equals)) != name) continue;
    return decode_component(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
  }
  return std::nullopt;
}

Response refuse(int status, std::string_view code, std::string_view message, std::string_view hint) {
  Response response;
  response.status = status;
  response.close = true;
  json::Writer out(response.body);
  out.begin_object().key("error").begin_object().member("code", code).member("message", message);
  out.member_if("hint", hint).end_object().end_object();
  response.body += '\n';
  return response;
}

Response refuse(const Error& error) {
  return refuse(status_of(error.code), bus::name(error.code), error.message, error.hint);
}

std::string_view reason(int status) {
  struct Words {
    int status;
    std::string_view words;
  };
  static constexpr Words kReasons[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  for (const Words& each : kReasons) {
    if (each.status == status) return each.words;
  }
  return "Unknown";
}

}  // namespace bus::http
