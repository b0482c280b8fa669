#include "sources/webhook/request.h"

#include <gtest/gtest.h>

namespace bus::webhook {
namespace {

TEST(FormFields, AreDecoded) {
  const auto fields = form_fields("a=1&b=x+y%2B&&c&=e&d=%C3%A4=");
  ASSERT_TRUE(fields.has_value());
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"a", "1"}, {"b", "x y+"}, {"c", ""}, {"", "e"}, {"d", "ä="}};
  EXPECT_EQ(*fields, expected);
  for (const char* text : {"%", "a=%4", "a=%4g", "%zz=1"})
    EXPECT_FALSE(form_fields(text).has_value()) << text;
}

TEST(BodyReader, JsonIsKeptAsItWasSent) {
  BodyReader reader;
  const Body body = reader.read("", " {\"a\": 1.50}\n");
  EXPECT_EQ(body.json, " {\"a\": 1.50}\n");
  EXPECT_TRUE(body.as_sent);
  EXPECT_TRUE(body.is_text);
}

TEST(BodyReader, AFormIsAnObjectOfTexts) {
  BodyReader reader;
  const Body body = reader.read("Application/X-WWW-Form-Urlencoded ; charset=utf-8", "a=1&a=2&b=%22&c=%FF");
  EXPECT_EQ(body.json, R"({"a":"1","b":"\""})");
  EXPECT_FALSE(body.as_sent);
  EXPECT_EQ(reader.read("application/x-www-form-urlencoded", "a=%").json, "");
}

TEST(BodyReader, AnythingElseIsTextOrBytes) {
  BodyReader reader;
  for (const char* text : {"", "hello", "{", "{} x", "01"}) {
    const Body body = reader.read("text/plain", text);
    EXPECT_EQ(body.json, "") << text;
    EXPECT_TRUE(body.is_text) << text;
  }
  EXPECT_FALSE(reader.read("", "\xff").is_text);
  // Deeper than the host reads.
  EXPECT_EQ(reader.read("", std::string(200, '[') + std::string(200, ']')).json, "");
  EXPECT_NE(reader.read("", std::string(100, '[') + std::string(100, ']')).json, "");
}

bus_text text(std::string_view from) {
  return {from.data(), from.size()};
}

TEST(HeadersJson, LeavesOutWhatProvesTheSender) {
  const bus_header headers[] = {
      {text("X-Event"), text("push")},   {text("Authorization"), text("Bearer secret")},
      {text("COOKIE"), text("secret")},  {text("X-Token"), text("secret")},
      {text("x-event"), text("second")}, {text("X-Odd"), text("\xff")}};
  bus_webhook_request request{};
  request.headers = headers;
  request.header_count = std::size(headers);
  EXPECT_EQ(headers_json(request, "x-TOKEN"), R"({"x-event":"push"})");
}

TEST(QueryJson, IsAnObject) {
  EXPECT_EQ(query_json("a=1&b=%20"), R"({"a":"1","b":" "})");
  EXPECT_EQ(query_json(""), "{}");
  EXPECT_EQ(query_json("a=%"), "{}");
}

}  // namespace
}  // namespace bus::webhook
