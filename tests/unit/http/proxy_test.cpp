#include "core/http/proxy.h"

#include <gtest/gtest.h>

#include <map>

namespace bus::http {
namespace {

Proxies proxies(const std::map<std::string, std::string>& environment) {
  return Proxies::from([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}
// "host:port" or "direct".
std::string way(const Proxies& all, const std::string& scheme, const std::string& host,
                std::uint16_t port = 443) {
  const auto proxy = all.of(scheme, host, port);
  return proxy ? proxy->host + ":" + std::to_string(proxy->port) : "direct";
}

TEST(Proxies, AreThoseOfTheEnvironment) {
  EXPECT_EQ(way(proxies({}), "https", "a.example"), "direct");
  const auto all = proxies({{"http_proxy", "http://p:3128/"}, {"HTTPS_PROXY", "q:8080"}});
  EXPECT_EQ(way(all, "http", "a.example"), "p:3128");
  EXPECT_EQ(way(all, "https", "a.example"), "q:8080");
  EXPECT_EQ(way(proxies({{"HTTP_PROXY", "http://evil/"}}), "http", "a.example"), "direct");
  EXPECT_EQ(way(proxies({{"ALL_PROXY", "http://r:1"}}), "https", "a.example"), "r:1");
  EXPECT_EQ(way(proxies({{"https_proxy", "socks5://r:1"}}), "https", "a.example"), "direct");
}

TEST(Proxies, ExemptWhatNoProxySaysAndThisMachine) {
  const auto all =
      proxies({{"https_proxy", "http://p:1"}, {"no_proxy", "b.example, .c.example,d.example:8443,10.0.0.7"}});
  for (const char* host : {"b.example", "x.b.example", "B.EXAMPLE", "c.example", "x.c.example", "10.0.0.7",
                           "localhost", "127.0.0.1", "127.3.2.1", "::1", "x.localhost"})
    EXPECT_EQ(way(all, "https", host), "direct") << host;
  for (const char* host : {"a.example", "xb.example", "d.example", "10.0.0.70"})
    EXPECT_EQ(way(all, "https", host), "p:1") << host;
  EXPECT_EQ(way(all, "https", "d.example", 8443), "direct");
  EXPECT_EQ(way(proxies({{"https_proxy", "http://p:1"}, {"NO_PROXY", "*"}}), "https", "a.example"), "direct");
}

TEST(Proxies, TakeAPassword) {
  const auto all = proxies({{"https_proxy", "http://user:pass@p:1"}});
  EXPECT_EQ(all.of("https", "a.example", 443)->authorization, "Basic dXNlcjpwYXNz");
}

}  // namespace
}  // namespace bus::http
