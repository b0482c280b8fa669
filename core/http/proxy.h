// Which proxy a request goes through, as the environment says. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus::http {

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string authorization;  // value of Proxy-Authorization; empty: none
};

class Proxies {
 public:
  Proxies() = default;  // none
  // http_proxy, https_proxy, all_proxy and no_proxy, the last three also in capitals (HTTP_PROXY could come
  // from a request's header in a CGI). `get` gives a variable's value, or null. A value that is no http://
  // URL counts as not set.
  static Proxies from(const std::function<const char*(const char*)>& get);

  // Nullopt: straight to the host. So always for this machine: localhost, 127.0.0.0/8, ::1.
  std::optional<Proxy> of(std::string_view scheme, const std::string& host, std::uint16_t port) const;

 private:
  bool exempt(const std::string& host, std::uint16_t port) const;
  std::optional<Proxy> http_, https_;
  std::vector<std::string> exempt_;  // "example.com" (and below it), "host:8080", "*"
};

}  // namespace bus::http
