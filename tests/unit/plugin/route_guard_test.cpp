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
    return refused ? refused->status : 0;
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
  EXPECT_EQ(refused->status, 503);
  EXPECT_NE(refused->body.find("secret_missing"), std::string::npos);
  EXPECT_NE(refused->body.find("bus secret set door"), std::string::npos);
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
  route_.signature = 99;
  EXPECT_TRUE(refused());
}

TEST_F(RouteGuardTest, NoneChecksNothing) {
  route_.signature = BUS_SIGNATURE_NONE;
  route_.secret = nullptr;
  http::Request request;
  EXPECT_FALSE(make()->check(request).has_value());
}

}  // namespace
}  // namespace bus::plugin
