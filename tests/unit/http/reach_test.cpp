#include "core/http/reach.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <thread>

#include "core/http/client.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/http/raw_client.h"

namespace bus::http {
namespace {

using ::testing::HasSubstr;

sockaddr_storage address_of(const std::string& text) {
  sockaddr_storage out{};
  sockaddr_in four{};
  sockaddr_in6 six{};
  four.sin_family = AF_INET;
  six.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    std::memcpy(&out, &four, sizeof four);
  } else if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
    std::memcpy(&out, &six, sizeof six);
  } else {
    ADD_FAILURE() << text;
  }
  return out;
}

bool is_public(const std::string& text) {
  const sockaddr_storage address = address_of(text);
  return http::is_public(reinterpret_cast<const sockaddr&>(address));
}

Status check(const Reach& reach, const std::string& host, const std::string& text) {
  const sockaddr_storage address = address_of(text);
  return check_reach(reach, host, reinterpret_cast<const sockaddr&>(address));
}

TEST(Reach, AddressesOfTheInternetArePublic) {
  for (const char* text :
       {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "169.253.1.1",
        "192.167.1.1", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001:800::200e",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(Reach, OthersAreNot) {
  for (const char* text : {"127.0.0.1",
                           "127.255.0.3",
                           "0.0.0.0",
                           "10.0.0.1",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "100.100.100.200",
                           "192.0.0.192",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.51.100.1",
                           "203.0.113.7",
                           "224.0.0.1",
                           "255.255.255.255",
                           "240.0.0.1",
                           "::",
                           "::1",
                           "fe80::1",
                           "fec0::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "3fff::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.1.2.3",
                           "::127.0.0.1",
                           "64:ff9b::a00:1",
                           "64:ff9b:1::1",
                           "2002:7f00:1::1",
                           "2002:a9fe:a9fe::",
                           "100::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(Reach, AllowsByAddressNetworkAndName) {
  const Reach reach{true, {"10.1.0.0/16", "192.168.7.7", "fd00::/8", "Hooks.Internal", "::1"}};
  EXPECT_TRUE(check(reach, "a", "10.1.255.9").ok());
  EXPECT_TRUE(check(reach, "a", "192.168.7.7").ok());
  EXPECT_TRUE(check(reach, "a", "fd12::1").ok());
  EXPECT_TRUE(check(reach, "hooks.internal", "127.0.0.1").ok());
  EXPECT_TRUE(check(reach, "::1", "::1").ok());
  EXPECT_TRUE(check(reach, "a", "9.9.9.9").ok());
  for (const char* text : {"10.2.0.1", "192.168.7.8", "127.0.0.1", "fe80::1"}) {
    const Status refused = check(reach, "a", text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, Code::denied);
    EXPECT_THAT(refused.error().message, HasSubstr(text));
  }
  EXPECT_FALSE(
      check({true, {"10.1.0.0/33", "10.1.0.0/", "/8", "", "10.1.0.0/-1", "10.1.0.0/1x"}}, "a", "10.1.0.1")
          .ok());
  EXPECT_TRUE(check({false, {}}, "a", "127.0.0.1").ok());
}

TEST(Reach, AnAddressInAnyWritingIsKnownAsOne) {
  const Reach reach{true, {}};
  for (const char* host : {"127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "::1", "fe80::1%1"})
    EXPECT_FALSE(check_reach(reach, std::string(host)).ok()) << host;
  for (const char* host : {"8.8.8.8", "example.com", "127.0.0.1.example.com", "2606:4700::1"})
    EXPECT_TRUE(check_reach(reach, std::string(host)).ok()) << host;
}

class ReachingClient : public ServerTest {
 protected:
  Result<ClientResponse> ask(const std::string& host, Reach reach, std::string path = "/hello") {
    return make_client()->send({.url = "http://" + host + ":" + std::to_string(port) + std::move(path),
                                .max_redirects = 3,
                                .reach = std::move(reach)});
  }
};

TEST_F(ReachingClient, IsKeptFromThisMachine) {
  start();
  for (const char* host :
       {"127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    const auto answer = ask(host, {true, {}});
    ASSERT_FALSE(answer.ok()) << host;
    EXPECT_EQ(answer.error().code, Code::denied) << answer.error().message;
  }
  EXPECT_TRUE(ask("127.0.0.1", {true, {"127.0.0.0/8"}}).ok());
  EXPECT_TRUE(ask("localhost", {true, {"localhost"}}).ok());
  EXPECT_TRUE(ask("127.0.0.1", {}).ok());
}

// Who may be asked sends us on to who may not.
TEST_F(ReachingClient, ARedirectIsJudgedToo) {
  testing::ScriptedServer one, two;
  std::string there = two.url("/secret");
  there.replace(there.find("127.0.0.1"), 9, "127.0.0.2");
  one.answer("/a", "", "Location: " + there + "\r\n", "302 Found");
  const auto answer =
      make_client()->send({.url = one.url("/a"), .max_redirects = 3, .reach = {true, {"127.0.0.1"}}});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::denied) << answer.error().message;
  EXPECT_EQ(one.asked().size(), 1u);
  EXPECT_TRUE(two.asked().empty());
}

TEST_F(ReachingClient, AProxyIsNotAskedForAPrivateAddress) {
  start();
  const auto get = [this](const char* name) -> const char* {
    static std::string url;
    url = "http://127.0.0.1:" + std::to_string(port);
    return std::string_view(name) == "http_proxy" ? url.c_str() : nullptr;
  };
  const auto client = make_client({{}, Proxies::from(get)});
  const auto answer = client->send({.url = "http://10.0.0.1/hello", .reach = {true, {}}});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::denied);
}

}  // namespace
}  // namespace bus::http
