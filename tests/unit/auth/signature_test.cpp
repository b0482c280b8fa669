#include "core/auth/signature.h"

#include <gtest/gtest.h>

#include <map>

#include "core/auth/base64.h"
#include "core/base/text.h"

namespace bus::auth {
namespace {

constexpr Time kNow{1'795'161'600'000'000};
constexpr std::string_view kBody = "Hello, World!";
const std::string kGitHubSecret = "It's a Secret to Everybody";
const std::string kGitHubSignature =
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

using Headers = std::map<std::string, std::string>;

Verdict check(SignatureRule rule, std::vector<std::string> secrets, const Headers& headers,
              std::string_view body = kBody) {
  std::vector<Secret> wrapped;
  for (auto& secret : secrets) wrapped.emplace_back(std::move(secret));
  auto verifier = Verifier::make(std::move(rule), wrapped);
  EXPECT_TRUE(verifier.ok());
  return verifier->check(
      body,
      [&](std::string_view name) -> std::optional<std::string_view> {
        const auto at = headers.find(lower_ascii(name));
        return at == headers.end() ? std::nullopt : std::optional<std::string_view>(at->second);
      },
      kNow);
}

TEST(GitHub, AcceptsTheRightSignature) {
  const Headers headers = {{"x-hub-signature-256", kGitHubSignature}};
  EXPECT_EQ(check({Scheme::github_sha256}, {kGitHubSecret}, headers), Verdict::accepted);
  EXPECT_EQ(check({Scheme::github_sha256}, {"new", kGitHubSecret}, headers), Verdict::accepted);
  EXPECT_EQ(check({Scheme::github_sha256}, {kGitHubSecret, "old"}, headers), Verdict::accepted);
}

TEST(GitHub, RefusesTheRest) {
  const auto verdict = [](const Headers& headers, std::string_view body = kBody) {
    return check({Scheme::github_sha256}, {kGitHubSecret}, headers, body);
  };
  EXPECT_EQ(verdict({}), Verdict::missing);
  EXPECT_EQ(verdict({{"x-hub-signature", "sha1=00"}}), Verdict::missing);
  for (const std::string& value :
       {std::string(), std::string("sha256="), kGitHubSignature.substr(7), kGitHubSignature + "0",
        kGitHubSignature.substr(0, 70), "sha1" + kGitHubSignature, kGitHubSignature.substr(0, 70) + "g"}) {
    EXPECT_EQ(verdict({{"x-hub-signature-256", value}}), Verdict::malformed) << value;
  }
  EXPECT_EQ(verdict({{"x-hub-signature-256", kGitHubSignature}}, "Hello, World"), Verdict::wrong);
  EXPECT_EQ(check({Scheme::github_sha256}, {"other"}, {{"x-hub-signature-256", kGitHubSignature}}),
            Verdict::wrong);
}

class StandardWebhooks : public ::testing::Test {
 protected:
  std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  std::string sign(const std::string& id, const std::string& time, std::string_view body) const {
    const HmacKey key(Secret(*parse_base64(std::string_view(secret).substr(6))));
    return "v1," + base64(view(key.sign({id, ".", time, ".", body})));
  }
  static std::string at(std::int64_t offset) { return std::to_string(kNow.us / 1'000'000 + offset); }
  Headers headers(const std::string& time, const std::string& signature) const {
    return {{"webhook-id", "msg_1"}, {"webhook-timestamp", time}, {"webhook-signature", signature}};
  }
  Verdict verdict(const Headers& given) const { return check({Scheme::standard_webhooks}, {secret}, given); }
};

TEST_F(StandardWebhooks, HasTheVectorOfTheStandard) {
  EXPECT_EQ(sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_F(StandardWebhooks, AcceptsOneOfSeveralSignatures) {
  const std::string good = sign("msg_1", at(0), kBody);
  EXPECT_EQ(verdict(headers(at(0), good)), Verdict::accepted);
  EXPECT_EQ(verdict(headers(at(0), "v1a,xyz v1,AAAA " + good)), Verdict::accepted);
  EXPECT_EQ(verdict(headers(at(-299), sign("msg_1", at(-299), kBody))), Verdict::accepted);
}

TEST_F(StandardWebhooks, RefusesTheRest) {
  const std::string good = sign("msg_1", at(0), kBody);
  EXPECT_EQ(verdict({{"webhook-id", "msg_1"}, {"webhook-timestamp", at(0)}}), Verdict::missing);
  EXPECT_EQ(verdict(headers("soon", good)), Verdict::malformed);
  EXPECT_EQ(verdict(headers(at(0) + "x", good)), Verdict::malformed);
  EXPECT_EQ(verdict(headers(at(0), "v2,AAAA")), Verdict::malformed);
  EXPECT_EQ(verdict(headers(at(0), "v1,not base64")), Verdict::malformed);
  EXPECT_EQ(verdict(headers(at(1), good)), Verdict::wrong);
  EXPECT_EQ(verdict(headers(at(-301), sign("msg_1", at(-301), kBody))), Verdict::stale);
  EXPECT_EQ(verdict(headers(at(301), sign("msg_1", at(301), kBody))), Verdict::stale);
  Headers dotted = headers(at(0), good);
  dotted["webhook-id"] = "msg.1";
  EXPECT_EQ(verdict(dotted), Verdict::malformed);
}

TEST_F(StandardWebhooks, AcceptsASignatureOfAPublicKey) {
  secret = "whpk_6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
  const std::string good =
      "v1a,RbqGydQTlKv5f2DC1t6LR9pZ1EFoYLz3kyC/ELw3fGEnmqc9lBmvj+uuHAh8SsX31z+SbM1V7L8BxVuks2zUDw==";
  EXPECT_EQ(verdict(headers(at(0), good)), Verdict::accepted);
  EXPECT_EQ(verdict(headers(at(0), "v1,AAAA " + good)), Verdict::accepted);
  EXPECT_EQ(verdict(headers(at(1), good)), Verdict::wrong);
  EXPECT_EQ(verdict(headers(at(0), "v1," + good.substr(4))), Verdict::wrong);
  EXPECT_EQ(verdict(headers(at(0), "v1a,AAAA")), Verdict::wrong);
  EXPECT_EQ(verdict(headers(at(0), good.substr(0, 39))), Verdict::malformed);
  // Both kinds of keys may be there while a sender moves from one to the other.
  const std::string old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  EXPECT_EQ(check({Scheme::standard_webhooks}, {old, secret}, headers(at(0), good)), Verdict::accepted);
  // Only so many are looked at.
  std::string many;
  for (int i = 0; i < 4; ++i) many += "v1a,AAAA ";
  EXPECT_EQ(verdict(headers(at(0), many + good)), Verdict::wrong);
}

TEST_F(StandardWebhooks, TheToleranceCanBeSet) {
  SignatureRule rule{Scheme::standard_webhooks};
  rule.tolerance = seconds(10);
  EXPECT_EQ(check(rule, {secret}, headers(at(-10), sign("msg_1", at(-10), kBody))), Verdict::accepted);
  EXPECT_EQ(check(rule, {secret}, headers(at(-11), sign("msg_1", at(-11), kBody))), Verdict::stale);
}

TEST(Hmac, HasAnyHeaderHashAndEncoding) {
  SignatureRule rule{Scheme::hmac, "X-Signature", ""};
  const auto verdict = [&rule](const std::string& value) {
    return check(rule, {"other", "key"}, {{"x-signature", value}});
  };
  rule.encoding = Encoding::base64;
  EXPECT_EQ(verdict("f0JOLQ/2vV3sYm4BAnVbr+yRw1EPGXOaTq7I87w6AaQ="), Verdict::accepted);
  EXPECT_EQ(verdict("f0JOLQ/2vV3sYm4BAnVbr+yRw1EPGXOaTq7I87w6AaR="), Verdict::malformed);  // not the one form
  EXPECT_EQ(verdict("g0JOLQ/2vV3sYm4BAnVbr+yRw1EPGXOaTq7I87w6AaQ="), Verdict::wrong);
  rule.encoding = Encoding::hex;
  rule.prefix = "v=";
  rule.hash = Hash::sha1;
  EXPECT_EQ(verdict("v=b688f6f2602474b86713f193726755f0095edc8b"), Verdict::accepted);
  EXPECT_EQ(verdict("v=B688F6F2602474B86713F193726755F0095EDC8B"), Verdict::accepted);
  EXPECT_EQ(verdict("b688f6f2602474b86713f193726755f0095edc8b"), Verdict::malformed);
  EXPECT_EQ(verdict("v=b688f6f2602474b86713f193726755f0095edc8b00"), Verdict::malformed);
  rule.hash = Hash::sha384;
  EXPECT_EQ(
      verdict("v=9fe103f87ef7dba0cda630259f21c261ced8b42b9dcdf5a17be91ee7c2435620459d891a720a84e2965365ea7cf3"
              "6ef1"),
      Verdict::accepted);
  rule.hash = Hash::sha512;
  EXPECT_EQ(
      verdict("v=7b735ac190ebd1432d56f95ae2aea5a04a23128f4c228e299b7a49fb7561de8cc8f4fdf4486dc743dfd07827d617"
              "273aab42b3bf819d243ded322fac167419f1"),
      Verdict::accepted);
  EXPECT_EQ(check(rule, {"key"}, {}), Verdict::missing);
}

TEST(Bearer, ComparesTheToken) {
  const SignatureRule rule{Scheme::bearer};
  EXPECT_EQ(check(rule, {"abc", "def"}, {{"authorization", "Bearer def"}}), Verdict::accepted);
  EXPECT_EQ(check(rule, {"abc"}, {{"authorization", "bearer  abc "}}), Verdict::accepted);
  EXPECT_EQ(check(rule, {"abc"}, {{"authorization", "Bearer abcd"}}), Verdict::wrong);
  EXPECT_EQ(check(rule, {"abc"}, {{"authorization", "Basic abc"}}), Verdict::malformed);
  EXPECT_EQ(check(rule, {"abc"}, {{"authorization", "Bearer "}}), Verdict::malformed);
  EXPECT_EQ(check(rule, {"abc"}, {}), Verdict::missing);
}

TEST(Basic, ComparesUserAndPassword) {
  const SignatureRule rule{Scheme::basic};
  EXPECT_EQ(check(rule, {"u:p"}, {{"authorization", "Basic " + base64("u:p")}}), Verdict::accepted);
  EXPECT_EQ(check(rule, {"u:p"}, {{"authorization", "Basic " + base64("u:q")}}), Verdict::wrong);
  EXPECT_EQ(check(rule, {"u:p"}, {{"authorization", "Basic u:p"}}), Verdict::malformed);
  EXPECT_EQ(check(rule, {"u:p"}, {}), Verdict::missing);
}

TEST(NamedHeader, ComparesWhatFollowsThePrefix) {
  const SignatureRule rule{Scheme::named_header, "X-Gitlab-Token", "t="};
  EXPECT_EQ(check(rule, {"abc"}, {{"x-gitlab-token", "t=abc"}}), Verdict::accepted);
  EXPECT_EQ(check(rule, {"abc"}, {{"x-gitlab-token", "t=abx"}}), Verdict::wrong);
  EXPECT_EQ(check(rule, {"abc"}, {{"x-gitlab-token", "abc"}}), Verdict::malformed);
  EXPECT_EQ(check(rule, {"abc"}, {}), Verdict::missing);
}

TEST(Verifier, WantsAWholeRule) {
  const auto code = [](SignatureRule rule, const std::vector<Secret>& secrets) {
    auto verifier = Verifier::make(std::move(rule), secrets);
    return verifier ? std::nullopt : std::optional(verifier.error().code);
  };
  EXPECT_EQ(code({Scheme::none}, {}), std::nullopt);
  EXPECT_EQ(code({Scheme::github_sha256}, {}), Code::config);
  EXPECT_EQ(code({Scheme::bearer}, {Secret("")}), Code::config);
  EXPECT_EQ(code({Scheme::named_header}, {Secret("x")}), Code::config);
  EXPECT_EQ(code({Scheme::hmac}, {Secret("x")}), Code::config);
  EXPECT_EQ(code({Scheme::basic}, {Secret("x")}), Code::config);
  EXPECT_EQ(code({Scheme::standard_webhooks}, {Secret("whpk_AAAA")}), Code::config);
  EXPECT_EQ(code({Scheme::standard_webhooks}, {Secret("short")}), Code::config);
  EXPECT_EQ(check({Scheme::none}, {}, {}), Verdict::accepted);
}

TEST(Scheme, HasNamesThatReadBack) {
  for (const Scheme scheme : {Scheme::none, Scheme::github_sha256, Scheme::standard_webhooks, Scheme::bearer,
                              Scheme::basic, Scheme::named_header, Scheme::hmac}) {
    EXPECT_EQ(scheme_named(name(scheme)), scheme);
  }
  EXPECT_EQ(scheme_named("sha1"), std::nullopt);
  EXPECT_EQ(name(Verdict::stale), "stale");
}

}  // namespace
}  // namespace bus::auth
