#include "core/http/response_text.h"

#include <ctime>

#include "core/base/text.h"
#include "core/http/guard.h"

namespace bus::http {
namespace {

// "Fri, 20 Nov 2026 08:00:00 GMT". Made once a second on each thread.
std::string_view http_date(Time now) {
  thread_local std::time_t written = -1;
  thread_local char text[40];
  thread_local std::size_t size = 0;
  const auto second = static_cast<std::time_t>(now.us / 1'000'000);
  if (second != written) {
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    written = second;
  }
  return {text, size};
}

bool is_plain(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos;
}

bool may_be_sent(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_plain(value)) return false;
  const std::string lower = lower_ascii(name);
  return lower != "content-length" && lower != "transfer-encoding" && lower != "connection" &&
         lower != "date" && lower != "content-type";
}

}  // namespace

std::string write_response(const Response& response, Shape shape, Time now) {
  std::string out;
  out.reserve(256 + (shape.body == Shape::whole ? response.body.size() : 0));
  const auto header = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason(response.status));
  out.append("\r\n");
  header("Date", http_date(now));
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless && is_plain(response.content_type)) header("Content-Type", response.content_type);
  if (shape.body == Shape::chunked) {
    header("Transfer-Encoding", "chunked");
  } else if (!bodiless && shape.body != Shape::to_the_end) {
    header("Content-Length", std::to_string(response.body.size()));
  }
  if (shape.close) header("Connection", "close");
  if (!shape.close && shape.say_keep_alive) header("Connection", "keep-alive");
  for (const auto& [name, value] : response.headers) {
    if (may_be_sent(name, value)) header(name, value);
  }
  out.append("\r\n");
  if (shape.body == Shape::whole && !bodiless) out.append(response.body);
  return out;
}

}  // namespace bus::http
