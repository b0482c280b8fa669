#include "sources/github/link.h"

#include <algorithm>

namespace bus::github {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// Whether one of the parameters behind a link says rel=next, alone or among others.
bool is_next(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    const std::string one = lower(trimmed(parameters.substr(0, end)));
    parameters = end == std::string_view::npos ? std::string_view() : parameters.substr(end + 1);
    if (one.rfind("rel=", 0) != 0) continue;
    std::string_view value = std::string_view(one).substr(4);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    while (!value.empty()) {
      const std::size_t blank = value.find(' ');
      if (value.substr(0, blank) == "next") return true;
      value = blank == std::string_view::npos ? std::string_view() : value.substr(blank + 1);
    }
  }
  return false;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string next_link(std::string_view link) {
  while (true) {
    const std::size_t open = link.find('<');
    const std::size_t close = open == std::string_view::npos ? open : link.find('>', open);
    if (close == std::string_view::npos) return {};
    const std::string_view url = link.substr(open + 1, close - open - 1);
    const std::size_t another = link.find('<', close);
    std::string_view parameters =
        link.substr(close + 1, another == std::string_view::npos ? another : another - close - 1);
    parameters = trimmed(parameters.substr(0, parameters.rfind(',')));
    if (is_next(parameters)) return std::string(url);
    if (another == std::string_view::npos) return {};
    link.remove_prefix(another);
  }
}

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return {};
  const std::size_t end = url.find_first_of("/?#", scheme + 3);
  const std::string_view origin = url.substr(0, end);
  return origin.size() == scheme + 3 ? std::string() : lower(origin);
}

std::string host_of(std::string_view url) {
  const std::string origin = origin_of(url);
  if (origin.empty()) return {};
  const std::string rest = origin.substr(origin.find("://") + 3);
  if (rest.front() == '[') return rest.substr(0, rest.find(']') + 1);
  return rest.substr(0, rest.find(':'));
}

std::string moved_base(std::string_view location, std::string_view api, std::string_view tail) {
  if (location.size() <= api.size() + tail.size() || location.substr(0, api.size()) != api) return {};
  if (location.substr(location.size() - tail.size()) != tail) return {};
  const std::string_view base = location.substr(api.size(), location.size() - api.size() - tail.size());
  const bool plain = base.front() == '/' && base.find_first_of("?#") == std::string_view::npos;
  return plain ? std::string(base) : std::string();
}

bool is_repo_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size() || text.size() > 140)
    return false;
  const auto good = [](std::string_view part) {
    return part != "." && part != ".." && std::all_of(part.begin(), part.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                    c == '_' || c == '.';
           });
  };
  return good(text.substr(0, slash)) && good(text.substr(slash + 1));
}

}  // namespace bus::github
