#include "sinks/http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Target, TakesUrlsWithAHost) {
  for (const char* url :
       {"https://a", "http://127.0.0.1:8080/x?y=1&z=%20", "HTTPS://[::1]:1/", "https://a.b/c/@d"})
    EXPECT_TRUE(check_url(url).ok()) << url;
  EXPECT_EQ(name_of("https://a.b:1/c?d"), "a.b:1");
  EXPECT_EQ(name_of("https://a?d"), "a");
}

TEST(Target, RefusesOthers) {
  for (const char* url :
       {"", "a.b/c", "ftp://a", "https:/a", "https://", "https:///x", "https://:80/", "https://u:p@a/",
        "https://a/b c", "https://a/\"", "https://a/#b", "https://a/\r\nX: y", "https://\xc3\xbc/"}) {
    EXPECT_EQ(check_url(url).code(), Code::invalid) << url;
  }
}

TEST(Target, ReadsHeaders) {
  Http::Headers headers;
  ASSERT_TRUE(read_headers({"X-Team: build ", "X-Empty:", "x-a:b:c"}, headers).ok());
  EXPECT_THAT(headers, ElementsAre(Pair("X-Team", "build"), Pair("X-Empty", ""), Pair("x-a", "b:c")));
}

TEST(Target, RefusesHeadersThatAreNotTheUsers) {
  Http::Headers headers;
  for (const char* line :
       {"", "X", ": a", "X Y: a", "X: a\r\nY: b", "X: \xc3\xbc", "Host: a", "content-length: 1",
        "Transfer-Encoding: chunked", "ce-id: 1", "Webhook-Id: 1", "Content-Type: text/plain"}) {
    EXPECT_EQ(read_headers({line}, headers).code(), Code::invalid) << line;
  }
  const Status secret = read_headers({"Authorization: Bearer x"}, headers);
  EXPECT_THAT(secret.message(), HasSubstr("secret"));
}

TEST(Target, HostsThatMayBeAskedAreChecked) {
  std::vector<std::string> hosts;
  ASSERT_TRUE(read_hosts({"10.0.0.1", "10.1.0.0/16", "[fd00::1]", "fd00::/8", "hooks.internal"}, hosts).ok());
  EXPECT_THAT(hosts,
              ::testing::ElementsAre("10.0.0.1", "10.1.0.0/16", "fd00::1", "fd00::/8", "hooks.internal"));
  for (const char* wrong : {"", "10.1.0.0/33", "fd00::/129", "10.1.0.0/", "10.1.0.0/a", "name/8",
                            "10.0.0.1:80", "http://a/", "*.internal", "a b", "/8"}) {
    const Status read = read_hosts({wrong}, hosts);
    EXPECT_EQ(read.code(), Code::invalid) << wrong;
    EXPECT_NE(read.message().find(std::string("\"") + wrong + "\""), std::string::npos) << read.message();
  }
}

}  // namespace
}  // namespace bus::http
