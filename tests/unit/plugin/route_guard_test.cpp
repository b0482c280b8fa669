#include "core/plugin/route_guard.h"

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;

class RouteGuardTest : public ::testing::Test {
 protected:
  RouteGuardTest() {
    EXPECT_TRUE(make_private_folder(folder_ / "secrets").ok());
    route_.signature = BUS_SIGNATURE_BEARER;
    route_.secret = "door";
  }
  void set(const std::string& value) { ASSERT_TRUE(secrets_.set("door", Secret(value)).ok()); }
  std::unique_ptr<RouteGuard> make() {
    auto guard = RouteGuard::make(route_, secrets_, clock_);
    EXPECT_TRUE(guard.ok());
    return guard ? std::move(*guard) : nullptr;
  }
  // The status of a request with this token; 0 if it may come in.
  static int status(RouteGuard& guard, const std::string& token) {
    http::Request request;
    const std::string value = "Bearer " + token;
    if (!token.empty()) request.headers.push_back({"Authorization", value});
    const auto refused = guard.check(request);
    return refused ? refused->answer.status : 0;
  }

  testing::TempFolder folder_;
  testing::FakeClock clock_;
  auth::SecretStore secrets_{folder_ / "secrets"};
  bus_webhook_route route_{};
};

TEST_F(RouteGuardTest, WithoutASecretNobodyComesIn) {
  const auto guard = make();
  http::Request request;
  const auto refused = guard->check(request);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->answer.status, 503);
  EXPECT_NE(refused->answer.body.find("secret_missing"), std::string::npos);
  EXPECT_NE(refused->answer.body.find("bus secret set door"), std::string::npos);
}

TEST_F(RouteGuardTest, LetsInWhoKnowsTheSecret) {
  set("sesame");
  const auto guard = make();
  EXPECT_EQ(status(*guard, "sesame"), 0);
  EXPECT_EQ(status(*guard, "wrong"), 401);
  EXPECT_EQ(status(*guard, ""), 401);
}

TEST_F(RouteGuardTest, ANewSecretWorksAtOnceAndAnOldOneForASecond) {
  set("old");
  const auto guard = make();
  EXPECT_EQ(status(*guard, "old"), 0);
  set("new");
  EXPECT_EQ(status(*guard, "new"), 0);
  clock_.advance(2s);
  EXPECT_EQ(status(*guard, "old"), 401);
}

TEST_F(RouteGuardTest, RefusesIncompleteRoutes) {
  const auto refused = [this] { return !RouteGuard::make(route_, secrets_, clock_).ok(); };
  route_.secret = nullptr;
  EXPECT_TRUE(refused());
  route_.secret = "Not A Name";
  EXPECT_TRUE(refused());
  route_.secret = "door";
  route_.signature = BUS_SIGNATURE_HEADER;
  EXPECT_TRUE(refused());
  route_.header = "X-Token";
  EXPECT_FALSE(refused());
  route_.hash = BUS_HASH_SHA512 + 1;
  EXPECT_TRUE(refused());
  route_.hash = BUS_HASH_SHA512;
  route_.encoding = BUS_ENCODING_BASE64 + 1;
  EXPECT_TRUE(refused());
  route_.encoding = BUS_ENCODING_HEX;
  route_.signature = BUS_SIGNATURE_HMAC;
  EXPECT_FALSE(refused());
  route_.header = nullptr;
  EXPECT_TRUE(refused());
  route_.signature = 99;
  EXPECT_TRUE(refused());
}

// A route with two ways in: a bearer token, or a header.
class RouteGuardsTest : public RouteGuardTest {
 protected:
  RouteGuardsTest() {
    guards_.add(3, make());
    route_.signature = BUS_SIGNATURE_HEADER;
    route_.secret = "other";
    route_.header = "X-Token";
    route_.prefix = "t=";
    guards_.add(5, make());
  }
  RouteGuards::Finding send(std::string_view name, std::string_view value) const {
    http::Request request;
    if (!name.empty()) request.headers.push_back({name, value});
    return guards_.check(request);
  }

  RouteGuards guards_;
};

TEST_F(RouteGuardsTest, OneWayInIsEnough) {
  set("sesame");
  ASSERT_TRUE(secrets_.set("other", Secret("thyme")).ok());
  auto found = send("Authorization", "Bearer sesame");
  EXPECT_FALSE(found.refused.has_value());
  EXPECT_EQ(found.row, 3u);
  found = send("X-Token", "t=thyme");
  EXPECT_FALSE(found.refused.has_value());
  EXPECT_EQ(found.row, 5u);
  EXPECT_EQ(send("Authorization", "Bearer thyme").refused->status, 401);
}

TEST_F(RouteGuardsTest, TheNearestRefusalIsTold) {
  set("sesame");
  ASSERT_TRUE(secrets_.set("other", Secret("thyme")).ok());
  const auto code = [this](std::string_view name, std::string_view value) {
    return send(name, value).refused->body;
  };
  EXPECT_NE(code("", "").find("signature_missing"), std::string::npos);
  EXPECT_NE(code("X-Token", "thyme").find("signature_malformed"), std::string::npos);
  EXPECT_NE(code("X-Token", "t=sesame").find("signature_wrong"), std::string::npos);
}

TEST_F(RouteGuardsTest, OneSecretIsEnough) {
  EXPECT_EQ(guards_.missing_secret(), "door");
  EXPECT_EQ(send("", "").refused->status, 503);
  ASSERT_TRUE(secrets_.set("other", Secret("thyme")).ok());
  EXPECT_EQ(guards_.missing_secret(), "");
  EXPECT_FALSE(send("X-Token", "t=thyme").refused.has_value());
  EXPECT_EQ(send("Authorization", "Bearer sesame").refused->status, 401);
}

TEST_F(RouteGuardTest, NoneChecksNothing) {
  route_.signature = BUS_SIGNATURE_NONE;
  route_.secret = nullptr;
  http::Request request;
  EXPECT_FALSE(make()->check(request).has_value());
}

}  // namespace
}  // namespace bus::plugin
