#include "core/auth/base64.h"

#include <gtest/gtest.h>

namespace bus::auth {
namespace {

TEST(Base64, HasTheVectorsOfTheStandard) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : kVectors) {
    EXPECT_EQ(base64(plain), coded);
    EXPECT_EQ(parse_base64(coded), plain);
  }
  EXPECT_EQ(base64_url("\xfb\xff\xfe!"), "-__-IQ");
}

TEST(Base64, TakesOnlyTheOneForm) {
  for (const char* text :
       {"Zg", "Zg=", "Zg==\n", " Zg==", "Zh==", "Zm9=", "====", "=", "A===", "Zm-_", "Zg==Zg=="}) {
    EXPECT_FALSE(parse_base64(text)) << text;
  }
}

}  // namespace
}  // namespace bus::auth
