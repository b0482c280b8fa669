#include "core/http/redirect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const HeaderList kHeaders = {
    {"Accept", "*/*"}, {"Authorization", "Bearer x"}, {"X-Token", "y"}, {"Content-Type", "z"}};

ClientRequest asked(const std::string& method = "GET", const std::string& url = "https://a.example/x/y?q=1") {
  return {.method = method, .url = url, .headers = kHeaders, .body = method == "POST" ? "b" : ""};
}
Result<std::optional<ClientRequest>> after(const ClientRequest& request, int status,
                                           const std::string& location) {
  ClientResponse answer;
  answer.status = status;
  answer.headers = {{"location", location}};
  return redirected(request, answer);
}
std::string url_after(const std::string& location) {
  const auto next = after(asked(), 302, location);
  return next && *next ? (*next)->url : "none";
}

TEST(Redirect, ResolvesWhereItGoes) {
  EXPECT_EQ(url_after("/z"), "https://a.example/z");
  EXPECT_EQ(url_after("z?a=b#frag"), "https://a.example/x/z?a=b");
  EXPECT_EQ(url_after("https://b.example/"), "https://b.example/");
  EXPECT_EQ(url_after("//b.example/z"), "https://b.example/z");
}

TEST(Redirect, OthersAreAnswers) {
  for (const int status : {200, 300, 304, 305, 404}) EXPECT_EQ(*after(asked(), status, "/z"), std::nullopt);
  ClientResponse without;
  without.status = 302;
  EXPECT_EQ(*redirected(asked(), without), std::nullopt);
  ClientRequest local = asked("GET", "http://bus/x");
  local.unix_socket = "/run/s";
  EXPECT_EQ(*after(local, 302, "/z"), std::nullopt);
}

TEST(Redirect, KeepsOrChangesTheMethod) {
  EXPECT_EQ((*after(asked("POST"), 302, "/z"))->method, "GET");
  EXPECT_EQ((*after(asked("POST"), 302, "/z"))->body, "");
  EXPECT_EQ((*after(asked("POST"), 303, "/z"))->headers.size(), 3u);  // Content-Type has gone
  EXPECT_EQ((*after(asked("POST"), 307, "/z"))->body, "b");
  EXPECT_EQ((*after(asked("POST"), 308, "/z"))->method, "POST");
  EXPECT_EQ((*after(asked("HEAD"), 303, "/z"))->method, "HEAD");
  EXPECT_EQ((*after(asked("DELETE"), 302, "/z"))->method, "DELETE");
}

TEST(Redirect, CarriesNoSecretElsewhere) {
  EXPECT_EQ((*after(asked(), 302, "https://A.example/z"))->headers, kHeaders);
  for (const char* elsewhere : {"https://b.example/", "https://a.example:8443/", "https://sub.a.example/"}) {
    EXPECT_THAT((*after(asked(), 302, elsewhere))->headers,
                ElementsAre(Pair("Accept", "*/*"), Pair("Content-Type", "z")))
        << elsewhere;
  }
}

TEST(Redirect, RefusesToLeaveHttpsOrHttp) {
  EXPECT_EQ(after(asked(), 302, "http://a.example/").error().code, Code::denied);
  for (const char* location :
       {"ftp://a.example/", "https://user:pass@a.example/", "https://", "file:///etc/passwd"})
    EXPECT_FALSE(after(asked(), 302, location).ok()) << location;
  EXPECT_TRUE(after(asked("GET", "http://a.example/"), 302, "https://a.example/").ok());
}

}  // namespace
}  // namespace bus::http
