#include "sinks/redis/address.h"

#include <charconv>

namespace bus::redis {
namespace {

constexpr int kMaxDatabase = 9'999;

bool read_number(std::string_view text, int least, int most, int& out) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc() && end == text.data() + text.size() && out >= least && out <= most;
}

Status wrong(std::string_view url, std::string_view why) {
  return invalid("url " + std::string(url) + ": " + std::string(why));
}

Status read_unix(std::string_view url, std::string_view rest, Address& out) {
  const std::size_t query = rest.find('?');
  out.path = rest.substr(0, query);
  if (out.path.empty() || out.path[0] != '/') return wrong(url, "the path of the socket must be absolute");
  if (query == std::string_view::npos) return {};
  rest.remove_prefix(query + 1);
  if (!rest.starts_with("db=") || !read_number(rest.substr(3), 0, kMaxDatabase, out.database))
    return wrong(url, "behind ? only db=NUMBER may stand");
  return {};
}

Status read_tcp(std::string_view url, std::string_view rest, Address& out) {
  if (rest.find('@') != std::string_view::npos) return wrong(url, "a login belongs into user and password");
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos && slash + 1 < rest.size() &&
      !read_number(rest.substr(slash + 1), 0, kMaxDatabase, out.database))
    return wrong(url, "the database must be a number");
  rest = rest.substr(0, slash);
  const bool bracketed = rest.starts_with('[');  // an IPv6 address
  const std::size_t end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && end == std::string_view::npos) return wrong(url, "a ] is missing");
  out.host = bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
  if (out.host.empty()) return wrong(url, "the host is missing");
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(bracketed ? end + 1 : end);
  if (rest.empty()) return {};
  if (rest[0] != ':' || !read_number(rest.substr(1), 1, 65'535, out.port))
    return wrong(url, "the port must be a number from 1 to 65535");
  return {};
}

}  // namespace

std::string Address::text() const {
  return path.empty() ? host + ":" + std::to_string(port) : path;
}

Status read_address(std::string_view url, Address& out) {
  constexpr std::string_view kTcp = "redis://", kUnix = "unix://";
  out = {};
  if (url.starts_with(kUnix)) return read_unix(url, url.substr(kUnix.size()), out);
  if (url.starts_with(kTcp)) return read_tcp(url, url.substr(kTcp.size()), out);
  if (url.starts_with("rediss://")) return wrong(url, "TLS is not offered: use a tunnel (stunnel, ssh)");
  return wrong(url, "it must be redis://host:port/database or unix:///path");
}

}  // namespace bus::redis
