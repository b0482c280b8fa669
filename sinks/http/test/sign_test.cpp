#include "sinks/http/sign.h"

#include <gtest/gtest.h>

namespace bus::http {
namespace {

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// The example of the specification's libraries.
TEST(Sign, AsTheReferenceDoes) {
  std::string signature;
  ASSERT_TRUE(
      sign({kSecret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})", signature).ok());
  EXPECT_EQ(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Sign, EachSecretSigns) {
  std::string one, two;
  ASSERT_TRUE(sign({kSecret}, "id", 1, "body", one).ok());
  ASSERT_TRUE(sign({"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", kSecret}, "id", 1, "body", two).ok());
  EXPECT_EQ(two.substr(two.find(' ') + 1), one);
  EXPECT_TRUE(two.starts_with("v1,"));
}

TEST(Sign, AWrongSecretIsToldWithoutItsText) {
  std::string signature;
  for (const std::string_view secret :
       {"", "whsec_", "whsec_c2hvcnQ=", "not base64 at all, but long enough to be one",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"}) {
    const Status refused = sign({secret}, "id", 1, "body", signature);
    EXPECT_EQ(refused.code(), Code::denied) << secret;
    if (secret.size() > 8) {
      EXPECT_EQ(refused.message().find(secret), std::string::npos);
    }
  }
  EXPECT_EQ(sign({}, "id", 1, "body", signature).code(), Code::denied);
  EXPECT_TRUE(signature.empty());
}

}  // namespace
}  // namespace bus::http
