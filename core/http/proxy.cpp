#include "core/http/proxy.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include "core/auth/base64.h"
#include "core/base/text.h"

namespace bus::http {
namespace {

std::optional<Proxy> read_proxy(const char* value) {
  if (value == nullptr || *value == '\0') return std::nullopt;
  std::string url = value;
  if (url.find("://") == std::string::npos) url = "http://" + url;
  try {
    const Poco::URI uri(url);
    if (uri.getScheme() != "http" || uri.getHost().empty()) return std::nullopt;
    Proxy proxy{uri.getHost(), uri.getPort(), {}};
    if (!uri.getUserInfo().empty()) proxy.authorization = "Basic " + auth::base64(uri.getUserInfo());
    return proxy;
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "::1";
}

}  // namespace

Proxies Proxies::from(const std::function<const char*(const char*)>& get) {
  const auto either = [&](const char* small, const char* large) {
    const char* value = get(small);
    return value != nullptr && *value != '\0' ? value : get(large);
  };
  const std::optional<Proxy> all = read_proxy(either("all_proxy", "ALL_PROXY"));
  Proxies out;
  out.http_ = read_proxy(get("http_proxy"));
  out.https_ = read_proxy(either("https_proxy", "HTTPS_PROXY"));
  if (!out.http_) out.http_ = all;
  if (!out.https_) out.https_ = all;
  const char* none = either("no_proxy", "NO_PROXY");
  for (std::string_view word : split(none == nullptr ? "" : none, ',')) {
    word = trim(word);
    if (word.starts_with("*.")) word.remove_prefix(1);
    if (word.starts_with('.')) word.remove_prefix(1);
    if (!word.empty()) out.exempt_.push_back(lower_ascii(word));
  }
  return out;
}

bool Proxies::exempt(const std::string& host, std::uint16_t port) const {
  const std::string with_port = host + ":" + std::to_string(port);
  for (const std::string& word : exempt_) {
    if (word == "*" || word == host || word == with_port) return true;
    for (const std::string& name : {host, with_port}) {
      if (name.size() > word.size() && name.ends_with(word) && name[name.size() - word.size() - 1] == '.')
        return true;
    }
  }
  return false;
}

std::optional<Proxy> Proxies::of(std::string_view scheme, const std::string& host, std::uint16_t port) const {
  const std::optional<Proxy>& proxy = scheme == "https" ? https_ : http_;
  const std::string small = lower_ascii(host);
  if (!proxy || is_this_machine(small) || exempt(small, port)) return std::nullopt;
  return proxy;
}

}  // namespace bus::http
