#include "bus/cpp/authentication.hpp"

#include <gtest/gtest.h>

namespace bus {
namespace {

Authentication::Form form() {
  Authentication::Form form;
  form.token_header = "X-Token", form.token_prefix = "t=";
  form.signature_header = "X-Signature", form.signature_prefix = "v1=";
  form.hash = BUS_HASH_SHA1, form.encoding = BUS_ENCODING_BASE64;
  form.tolerance_us = 7;
  return form;
}

TEST(Authentication, GivesARowForEachScheme) {
  Authentication authentication;
  const Status read =
      authentication.read({"bearer", "basic=people", "header", "hmac", "standard=sw"}, "door", form());
  ASSERT_TRUE(read.ok()) << read.message();
  const auto rows = authentication.routes("/in", 9);
  ASSERT_EQ(rows.size(), 5u);
  for (const bus_webhook_route& row : rows) {
    EXPECT_STREQ(row.path, "/in");
    EXPECT_STREQ(row.methods, "POST");
    EXPECT_EQ(row.body_cap, 9u);
  }
  EXPECT_EQ(rows[0].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_BEARER));
  EXPECT_STREQ(rows[0].secret, "door");
  EXPECT_EQ(rows[1].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_BASIC));
  EXPECT_STREQ(rows[1].secret, "people");
  EXPECT_EQ(rows[2].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_HEADER));
  EXPECT_STREQ(rows[2].header, "X-Token");
  EXPECT_STREQ(rows[2].prefix, "t=");
  EXPECT_EQ(rows[3].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_HMAC));
  EXPECT_STREQ(rows[3].header, "X-Signature");
  EXPECT_STREQ(rows[3].prefix, "v1=");
  EXPECT_EQ(rows[3].hash, static_cast<std::uint32_t>(BUS_HASH_SHA1));
  EXPECT_EQ(rows[3].encoding, static_cast<std::uint32_t>(BUS_ENCODING_BASE64));
  EXPECT_EQ(rows[4].signature, static_cast<std::uint32_t>(BUS_SIGNATURE_STANDARD_WEBHOOKS));
  EXPECT_EQ(rows[4].tolerance_us, 7u);
}

TEST(Authentication, RefusesWhatLetsNobodyInOrEverybody) {
  const auto refused = [](const std::vector<std::string_view>& schemes, Authentication::Form given) {
    Authentication authentication;
    return authentication.read(schemes, "door", std::move(given)).code() == Code::invalid;
  };
  EXPECT_TRUE(refused({}, form()));
  EXPECT_TRUE(refused({"none"}, form()));
  EXPECT_TRUE(refused({"Bearer"}, form()));
  EXPECT_TRUE(refused({"bearer", ""}, form()));
  EXPECT_TRUE(refused({"header"}, {}));
  EXPECT_TRUE(refused({"hmac"}, {}));
  EXPECT_FALSE(refused({"bearer"}, {}));
}

}  // namespace
}  // namespace bus
