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

}  // namespace
}  // namespace bus::http
