#include "sinks/http/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

namespace bus::http {
namespace {

// Those that frame the message, and those that this sink or the host writes.
constexpr std::string_view kOurs[] = {
    "host",         "content-length", "transfer-encoding", "connection",      "upgrade", "te", "trailer",
    "content-type", "expect",         "keep-alive",        "proxy-connection"};
constexpr std::string_view kSecret[] = {"authorization", "proxy-authorization", "cookie"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

bool is_number(std::string_view digits, int most) {
  int value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return failure == std::errc() && end == digits.data() + digits.size() && value >= 0 && value <= most;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

template <std::size_t N>
bool one_of(const std::string& word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

Status check_url(std::string_view url) {
  const std::string scheme = lower(url.substr(0, url.find("://")));
  if ((scheme != "http" && scheme != "https") || scheme.size() == url.size())
    return invalid("url must begin with https:// or http://");
  if (!is_printable(url) || url.find_first_of(" \"<>\\^`{|}") != std::string_view::npos)
    return invalid("url has a character that no URL has; percent-encode it");
  if (url.find('#') != std::string_view::npos) return invalid("url has a fragment (#), which is never sent");
  const std::string_view name = name_of(url);
  if (name.empty() || name[0] == ':') return invalid("url names no host");
  if (name.find('@') != std::string_view::npos)
    return invalid("url must not hold a user or a password; use authentication and a secret");
  return {};
}

std::string_view name_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::string_view rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

Status read_headers(const std::vector<std::string_view>& lines, Http::Headers& headers) {
  headers.clear();
  for (const std::string_view line : lines) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    const std::string shown = "header \"" + std::string(name) + "\"";
    if (colon == std::string_view::npos || !is_token(name) || !is_printable(line))
      return invalid("headers must be \"Name: value\" in ASCII");
    const std::string word = lower(name);
    if (one_of(word, kSecret))
      return invalid(shown + " would be a secret in the configuration; use authentication");
    if (one_of(word, kOurs) || word.starts_with("ce-") || word.starts_with("webhook-"))
      return invalid(shown + " is written by bus");
    headers.emplace_back(name, trimmed(line.substr(colon + 1)));
  }
  return {};
}

Status read_hosts(const std::vector<std::string_view>& words, std::vector<std::string>& hosts) {
  hosts.clear();
  for (std::string_view word : words) {
    const std::string shown = "allow_hosts: \"" + std::string(word) + "\" ";
    if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
    const std::size_t slash = word.find('/');
    const std::string host(word.substr(0, slash));
    in6_addr bytes{};
    const bool four = ::inet_pton(AF_INET, host.c_str(), &bytes) == 1;
    const bool address = four || ::inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
    if (slash != std::string_view::npos && !(address && is_number(word.substr(slash + 1), four ? 32 : 128)))
      return invalid(shown + "is no network, such as 10.1.0.0/16; of a url name the host alone");
    if (!address && (host.empty() || host.find_first_not_of(kOfNames) != std::string::npos))
      return invalid(shown + "is no address, network or name of a host; it has no port");
    hosts.emplace_back(word);
  }
  return {};
}

}  // namespace bus::http
