#include "sinks/http/verdict.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "bus/cpp/text.hpp"

namespace bus::http {
namespace {

constexpr std::int64_t kLongestSeconds = 86'400;

constexpr struct {
  int status;
  const char* words;
} kWords[] = {
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {407, "Proxy Authentication"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {415, "Unsupported Media"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

std::string words_of(int status) {
  for (const auto& [known, words] : kWords) {
    if (known == status) return std::to_string(status) + " " + words;
  }
  return std::to_string(status);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> read_date(const std::string& text) {
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return static_cast<std::int64_t>(::timegm(&parts));
  }
  return std::nullopt;
}

Verdict::What what_of(int status) {
  using What = Verdict::What;
  if (status >= 200 && status < 300) return What::taken;
  if (status >= 300 && status < 400) return What::person;
  switch (status) {
    case 401:
    case 403:
    case 407:
      return What::person;
    case 408:
    case 425:
    case 429:
      return What::again;
    case 410:
      return What::gone;
    default:
      return status >= 400 && status < 500 ? What::never : What::again;
  }
}

}  // namespace

std::optional<std::chrono::microseconds> read_retry_after(std::string_view text, std::int64_t now_us) {
  text = trimmed(text);
  if (text.empty() || text.size() > 64) return std::nullopt;
  std::int64_t seconds = 0;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failure != std::errc()) seconds = kLongestSeconds;
  } else {
    const auto date = read_date(std::string(text));
    if (!date) return std::nullopt;
    seconds = *date - now_us / 1'000'000;
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kLongestSeconds));
}

Verdict judge(int status, std::string_view retry_after, std::string_view location, std::int64_t now_us) {
  Verdict verdict{what_of(status), std::chrono::microseconds(0), {}};
  if (verdict.what == Verdict::What::taken) return verdict;
  verdict.why = words_of(status);
  if (status >= 300 && status < 400 && !location.empty()) {
    verdict.why += " to ";
    for (const char c : clip(location, 120)) verdict.why += c > ' ' && c < 0x7f ? c : '?';
  }
  if (verdict.what == Verdict::What::again)
    verdict.retry_after = read_retry_after(retry_after, now_us).value_or(verdict.retry_after);
  return verdict;
}

}  // namespace bus::http
