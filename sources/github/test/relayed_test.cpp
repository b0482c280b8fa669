#include "sources/github/relayed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/github/base64.h"
#include "sources/github/cli_hook.h"

namespace bus::github {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Base64, GoesThereAndBack) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    EXPECT_EQ(base64_decode(base64_encode(text)), text);
  EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64_encode(std::string("\0\xff\xfe", 3)), "AP/+");
  for (const char* bad :
       {"Z", "Zg", "Zg=", "Zg==Zg==", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm-v", "Zm9v Zg=="})
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
}

TEST(Relayed, ReadsGithubsMessage) {
  const auto delivery = read_forwarded(
      R"({"Header":{"Accept":["*/*"],"Content-Type":["application/json"],"X-Github-Event":["push","x"],)"
      R"("X-Hub-Signature-256":["sha256=00"],"Host":["evil"],"X-Github-Delivery":[]},"Body":"eyJhIjogMX0=","New":{}})");
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->body, "{\"a\": 1}");
  EXPECT_THAT(delivery->headers,
              ElementsAre(Pair("Content-Type", "application/json"), Pair("X-Github-Event", "push"),
                          Pair("X-Hub-Signature-256", "sha256=00")));
  EXPECT_EQ(delivery->header("x-github-event"), "push");
  EXPECT_EQ(delivery->header("x-none"), "");
}

TEST(Relayed, RefusesWhatIsNoMessage) {
  for (const char* bad : {"", "[]", "{}", "{\"Header\":{}}", "{\"Header\":[],\"Body\":\"\"}", "{\"Body\":1}",
                          "{\"Header\":{\"A\":\"b\"},\"Body\":\"\"}", "{\"Body\":\"?\"}", "{\"Body\":\"\""})
    EXPECT_FALSE(read_forwarded(bad)) << bad;
  EXPECT_TRUE(read_forwarded("{\"Body\":\"\"}"));
}

TEST(Relayed, PassesNoControlCharacters) {
  const auto delivery =
      read_forwarded(R"({"Header":{"X-Github-Event":["a\r\nX: y"],"X-Github-Odd":["ok"]},"Body":""})");
  ASSERT_TRUE(delivery);
  EXPECT_THAT(delivery->headers, ElementsAre(Pair("X-Github-Odd", "ok")));
}

TEST(Relayed, AnswersAsGhDoes) {
  EXPECT_EQ(forward_answer(202, "{}"),
            R"({"Status":202,"Header":{"Content-Type":["application/json"]},"Body":"e30="})");
}

TEST(Relayed, ReadsSmeesBodyAsItStands) {
  const auto delivery = read_smee(
      R"({"host":"smee.io","x-github-event":"push","content-type":"application/json","timestamp":17,"query":{"a":"b"},)"
      R"("body":{"n":1.0,"t":"\u00e9/","o":{"l":[1,2]}},"x-hub-signature-256":"sha256=1"})");
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->body, R"({"n":1.0,"t":"\u00e9/","o":{"l":[1,2]}})");
  EXPECT_EQ(delivery->header("X-GitHub-Event"), "push");
  EXPECT_EQ(delivery->header("X-Hub-Signature-256"), "sha256=1");
  EXPECT_EQ(delivery->headers.size(), 3u);
  for (const char* bad : {"", "{}", "[]", "{\"body\":1}", "{\"body\":\"x\"}", "{\"body\":{}"})
    EXPECT_FALSE(read_smee(bad)) << bad;
}

TEST(CliHook, AreAskedForAndRead) {
  EXPECT_EQ(
      cli_hook_request({"*"}, "s\"3"),
      R"({"name":"cli","active":false,"events":["*"],"config":{"content_type":"json","insecure_ssl":"0","secret":"s\"3"}})");
  const auto hook = read_cli_hook(R"({"id":7,"name":"cli","ws_url":"wss://x/forward","url":"https://api"})");
  ASSERT_TRUE(hook);
  EXPECT_EQ(hook->id, 7u);
  EXPECT_EQ(hook->socket, "wss://x/forward");
  EXPECT_FALSE(read_cli_hook(R"({"id":7,"name":"web"})"));
  EXPECT_EQ(find_cli_hook(R"([{"id":1,"name":"web"},{"id":2,"name":"cli"}])"), 2u);
  EXPECT_EQ(find_cli_hook("[]"), std::nullopt);
}

}  // namespace
}  // namespace bus::github
