#include "core/plugin/minisign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::plugin {
namespace {

// Made with minisign 0.11.
constexpr const char* kKey =
    "untrusted comment: minisign public key CF00FB82B5480FCA\n"
    "RWTKD0i1gvsAz1XlQ3IM7fHvJJND+wUcp1qMSE/wmXY69wpoXqe0VZ/w\n";
constexpr const char* kOtherKey = "RWShncYT/uHCC/v5iS4oEWRVTP5B1gR3sC6HB8wMqYZm9Vrk8iM4gfdD";
constexpr const char* kLibrary = "hello, plugin\n";
constexpr const char* kSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RUTKD0i1gvsAz74XEAaGRpaSbWNtNop9bu1pHTg7X3czx0H9uFzsqCHtdEJxrqh7SZ/xdO+MXTRJy/bjSw0RoY2beYwR3OrNdQQ=\n"
    "trusted comment: hello 1.0\n"
    "ATlHDfyHYCjcTsyOKDp8ClQDsU/3X/SKfbzk2FDIC6p/z5pv/UrWTHlh4CPkifDj5Wj7vcfkAbJ74TNlJ2zoCQ==\n";
constexpr const char* kLegacySignature =
    "untrusted comment: signature from minisign secret key\n"
    "RWTKD0i1gvsAzxG2cPYu8Z7fz0b0EV4CWhDzbsC7OZi2wHqfEjiZok+zqNpxKyumR/dDowhcUQ1vIph0vtuyGV2gC/nUjq7Umgc=\n"
    "trusted comment: hello 1.0 legacy\n"
    "ANNgi8vp4eo+wMMdcOCkcIMKfo3vtF4e3gVJWGXYkztz+ZNiRfk7a2W+f58DQsZLT4iu4zuiXxGtZ4gxFGCrCw==\n";

MinisignKey key() {
  auto parsed = MinisignKey::parse(kKey);
  EXPECT_TRUE(parsed.ok());
  return std::move(*parsed);
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, what.size(), with);
}

TEST(Minisign, ReadsKeysAsMinisignShowsThem) {
  EXPECT_EQ(key().id(), "CF00FB82B5480FCA");
  const auto line = MinisignKey::parse(key().text());
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->id(), key().id());
  EXPECT_EQ(MinisignKey::parse(kOtherKey)->id(), "BC2E1FE13C69DA1") << "without leading zeros";
}

TEST(Minisign, RefusesWhatIsNoKey) {
  for (const char* text : {"", "RWTK", "untrusted comment: minisign public key\n", "a\nb\nc\n",
                           "RUTKD0i1gvsAz1XlQ3IM7fHvJJND+wUcp1qMSE/wmXY69wpoXqe0VZ/w"}) {
    EXPECT_FALSE(MinisignKey::parse(text).ok()) << text;
  }
}

TEST(Minisign, TakesBothAlgorithms) {
  const auto now = key().verify(kSignature, kLibrary);
  ASSERT_TRUE(now.ok()) << now.error().message;
  EXPECT_EQ(*now, "hello 1.0");
  const auto before = key().verify(kLegacySignature, kLibrary);
  ASSERT_TRUE(before.ok()) << before.error().message;
  EXPECT_EQ(*before, "hello 1.0 legacy");
  EXPECT_EQ(minisign_signer(kSignature), key().id());
}

TEST(Minisign, RefusesOtherBytes) {
  EXPECT_EQ(key().verify(kSignature, "hello, Plugin\n").error().code, Code::denied);
  EXPECT_EQ(key().verify(kLegacySignature, "hello, Plugin\n").error().code, Code::denied);
  EXPECT_EQ(key().verify(kSignature, "").error().code, Code::denied);
}

TEST(Minisign, RefusesAChangedComment) {
  const auto verified = key().verify(replaced(kSignature, "hello 1.0", "hello 1.1"), kLibrary);
  EXPECT_EQ(verified.error().code, Code::denied);
  EXPECT_THAT(verified.error().message, ::testing::HasSubstr("comment"));
}

TEST(Minisign, RefusesTheOtherAlgorithmsName) {
  EXPECT_FALSE(key().verify(replaced(kSignature, "RUTK", "RWTK"), kLibrary).ok());
  EXPECT_FALSE(key().verify(replaced(kLegacySignature, "RWTK", "RUTK"), kLibrary).ok());
}

TEST(Minisign, RefusesAnotherKey) {
  const auto verified = MinisignKey::parse(kOtherKey)->verify(kSignature, kLibrary);
  EXPECT_EQ(verified.error().code, Code::denied);
  EXPECT_THAT(verified.error().message, ::testing::HasSubstr("CF00FB82B5480FCA"));
}

TEST(Minisign, RefusesEveryCutSignature) {
  const std::string whole = kSignature;
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    EXPECT_FALSE(key().verify(whole.substr(0, length), kLibrary).ok()) << length;
  }
  EXPECT_TRUE(key().verify(whole.substr(0, whole.size() - 1), kLibrary).ok())
      << "without the last line's end";
}

}  // namespace
}  // namespace bus::plugin
