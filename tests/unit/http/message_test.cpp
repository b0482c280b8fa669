#include "core/http/message.h"

#include <gtest/gtest.h>

#include "core/json/reader.h"

namespace bus::http {
namespace {

TEST(Request, FindsHeadersWithoutCase) {
  Request request;
  request.headers = {{"X-GitHub-Event", "push"}, {"x-github-event", "second"}};
  EXPECT_EQ(request.header("x-github-EVENT"), "push");
  EXPECT_EQ(request.header("x-github"), std::nullopt);
}

TEST(Request, DecodesParameters) {
  Request request;
  request.query = "a=1&b=x%20y+z&c&d=%zz&e=%4&f%3D=g";
  EXPECT_EQ(request.parameter("a"), "1");
  EXPECT_EQ(request.parameter("b"), "x y z");
  EXPECT_EQ(request.parameter("c"), "");
  EXPECT_EQ(request.parameter("d"), std::nullopt);
  EXPECT_EQ(request.parameter("e"), std::nullopt);
  EXPECT_EQ(request.parameter("f="), "g");
  EXPECT_EQ(request.parameter("x"), std::nullopt);
}

TEST(Refuse, IsJsonAndCloses) {
  const Response response = refuse(error(Code::not_found, "no \"such\" thing", "look elsewhere"));
  EXPECT_EQ(response.status, 404);
  EXPECT_TRUE(response.close);
  json::Document document;
  const auto root = document.parse(response.body);
  ASSERT_TRUE(root.ok());
  EXPECT_EQ((*root)["error"]["code"].string(), "not_found");
  EXPECT_EQ((*root)["error"]["message"].string(), "no \"such\" thing");
  EXPECT_EQ((*root)["error"]["hint"].string(), "look elsewhere");
}

TEST(Refuse, HasAStatusForEachCode) {
  EXPECT_EQ(refuse(error(Code::invalid, "")).status, 400);
  EXPECT_EQ(refuse(error(Code::denied, "")).status, 403);
  EXPECT_EQ(refuse(error(Code::conflict, "")).status, 409);
  EXPECT_EQ(refuse(error(Code::limit, "")).status, 429);
  EXPECT_EQ(refuse(error(Code::unavailable, "")).status, 503);
  EXPECT_EQ(refuse(error(Code::stopping, "")).status, 503);
  EXPECT_EQ(refuse(error(Code::timeout, "")).status, 504);
  EXPECT_EQ(refuse(error(Code::fault, "")).status, 500);
}

}  // namespace
}  // namespace bus::http
