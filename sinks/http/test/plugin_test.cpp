// The sink through its C entry points; requests are answered by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sinks/http/sign.h"
#include "tests/support/sink_driver.h"

namespace bus::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SinkEvent;
constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

class HttpSinkTest : public ::testing::Test {
 protected:
  HttpSinkTest() {
    set("url", "https://hooks.example/in?t=1");
    for (const char* name : {"timeout", "connect_timeout"}) set(name, "5000000");
    sink_.host.set_list("token", {});
    sink_.host.set_list("signing_secret", {});
  }
  void set(const char* name, const std::string& value) { sink_.host.set(name, value); }
  testing::FakeAbilities& world() { return sink_.host.abilities; }
  // The request with that number, of those that are not answered.
  const testing::FakeAbilities::Asked& asked(std::size_t index = 0) {
    return std::next(world().requests.begin(), static_cast<std::ptrdiff_t>(index))->second;
  }
  std::uint64_t id(std::size_t index = 0) {
    return std::next(world().requests.begin(), static_cast<std::ptrdiff_t>(index))->first;
  }
  void answer(int status, const std::map<std::string, std::string>& headers = {}, std::size_t index = 0) {
    world().answer(id(index), status, "", headers);
  }
  const testing::FakeAbilities::Answered& answered() { return world().answered.back(); }
  std::int32_t deliver(std::size_t count, std::uint64_t first = 1) {
    std::vector<SinkEvent> events(count);
    for (std::size_t i = 0; i < count; ++i) {
      events[i].seq = first + i, events[i].subject = "größe 1",
      events[i].data = "{\"n\":" + std::to_string(i) + "}";
    }
    return sink_.deliver(std::move(events));
  }

  testing::SinkDriver sink_{bus_plugin_v1};
};

TEST_F(HttpSinkTest, SendsOneAfterTheOtherAndAnswersInTheEnd) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver(2), BUS_LATER);
  ASSERT_EQ(world().requests.size(), 1u);
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, "https://hooks.example/in?t=1");
  EXPECT_EQ(asked().headers.at("Content-Type"), "application/cloudevents+json");
  EXPECT_THAT(asked().body, HasSubstr(R"("id":"01JD3ZK8QZ0V60000000000001")"));
  EXPECT_EQ(asked().calls.max_redirects, 0u);
  EXPECT_EQ(asked().calls.flags, static_cast<std::uint32_t>(BUS_HTTP_PUBLIC_ONLY));
  answer(202);
  EXPECT_THAT(world().progressed, ElementsAre(1u));
  EXPECT_TRUE(world().answered.empty());
  answer(200);
  EXPECT_EQ(answered().code, BUS_OK);
}

TEST_F(HttpSinkTest, WritesEveryFormat) {
  set("format", "native");
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  EXPECT_EQ(asked().body, R"({"seq":1,"id":"01JD3ZK8QZ0V60000000000001"})");
  EXPECT_EQ(asked().headers.at("Content-Type"), "application/json");
}

TEST_F(HttpSinkTest, BinaryHasItsAttributesInHeaders) {
  set("format", "binary");
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  EXPECT_EQ(asked().body, R"({"n":0})");
  EXPECT_EQ(asked().headers.at("Content-Type"), "application/json");
  EXPECT_EQ(asked().headers.at("ce-id"), "01JD3ZK8QZ0V60000000000001");
  EXPECT_EQ(asked().headers.at("ce-specversion"), "1.0");
  EXPECT_EQ(asked().headers.at("ce-subject"), "gr%C3%B6%C3%9Fe%201");
  EXPECT_EQ(asked().headers.count("ce-datacontenttype"), 0u);
}

TEST_F(HttpSinkTest, ABatchIsOneRequest) {
  set("format", "batch");
  set("signature", "standard");
  sink_.host.set_list("signing_secret", {std::string(kSecret)});
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(3);
  ASSERT_EQ(world().requests.size(), 1u);
  EXPECT_EQ(asked().headers.at("Content-Type"), "application/cloudevents-batch+json");
  EXPECT_TRUE(asked().body.starts_with("[{") && asked().body.ends_with("}]"));
  EXPECT_EQ(asked().headers.at("webhook-id"), "01JD3ZK8QZ0V60000000000001-01JD3ZK8QZ0V60000000000003");
  answer(204);
  EXPECT_EQ(answered().code, BUS_OK);
}

TEST_F(HttpSinkTest, ARefusedBatchIsHalvedUntilItShowsWhichEventItIs) {
  set("format", "batch");
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(4);
  answer(413);  // 1-4
  answer(200);  // 1-2
  answer(400);  // 3-4
  answer(422);  // 3
  EXPECT_EQ(answered().code, BUS_INVALID);
  EXPECT_EQ(answered().delivery.accepted, 2u);
  EXPECT_STREQ(answered().delivery.message, "hooks.example answered 422 Unprocessable Content");
  EXPECT_EQ(deliver(1, 4), BUS_LATER);
}

TEST_F(HttpSinkTest, SignsWhatItSendsWithEverySecret) {
  set("signature", "standard");
  sink_.host.set_list("signing_secret", {std::string(kSecret), "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="});
  sink_.host.now_us = 1'700'000'000'500'000;
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  EXPECT_EQ(asked().headers.at("webhook-id"), "01JD3ZK8QZ0V60000000000001");
  EXPECT_EQ(asked().headers.at("webhook-timestamp"), "1700000000");
  std::string expected;
  ASSERT_TRUE(sign({kSecret, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="}, "01JD3ZK8QZ0V60000000000001",
                   1'700'000'000, asked().body, expected)
                  .ok());
  EXPECT_EQ(asked().headers.at("webhook-signature"), expected);
}

TEST_F(HttpSinkTest, WithoutItsSecretNothingIsSent) {
  set("signature", "standard");
  set("authentication", "bearer");
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver(1), BUS_DENIED);
  EXPECT_THAT(sink_.delivery.message, HasSubstr("http_token"));
  sink_.host.set("token", "t0ken");
  EXPECT_EQ(deliver(1), BUS_DENIED);
  EXPECT_THAT(sink_.delivery.message, HasSubstr("http_signing"));
  sink_.host.set_list("signing_secret", {std::string(kSecret)});
  EXPECT_EQ(deliver(1), BUS_LATER);
  EXPECT_EQ(asked().headers.at("Authorization"), "Bearer t0ken");
}

TEST_F(HttpSinkTest, UnavailableIsAnsweredWithWhenToComeAgain) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    deliver(2);
    answer(200);
    answer(status, {{"Retry-After", "7"}});
    EXPECT_EQ(answered().code, BUS_UNAVAILABLE) << status;
    EXPECT_EQ(answered().delivery.accepted, 1u);
    EXPECT_EQ(answered().delivery.retry_after_us, 7'000'000u);
  }
}

TEST_F(HttpSinkTest, NobodyThereIsUnavailableAndAForbiddenAddressDenied) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  world().fail(id(), BUS_UNAVAILABLE, "https://hooks.example: cannot connect");
  EXPECT_EQ(answered().code, BUS_UNAVAILABLE);
  deliver(1);
  world().fail(id(), BUS_INVALID, "the answer is too long");
  EXPECT_EQ(answered().code, BUS_UNAVAILABLE);
  deliver(1);
  world().fail(id(), BUS_DENIED, "hooks.example is at 10.0.0.1");
  EXPECT_EQ(answered().code, BUS_DENIED);
  EXPECT_THAT(answered().delivery.message, HasSubstr("allow_private"));
}

TEST_F(HttpSinkTest, WhatAPersonHasToChangeIsDenied) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  answer(302, {{"Location", "https://elsewhere.example/"}});
  EXPECT_EQ(answered().code, BUS_DENIED);
  EXPECT_THAT(answered().delivery.message, HasSubstr("302 Found to https://elsewhere.example/"));
  deliver(1);
  answer(401);
  EXPECT_EQ(answered().code, BUS_DENIED);
}

TEST_F(HttpSinkTest, GoneMeansNoMore) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(3);
  answer(200);
  answer(410);
  EXPECT_TRUE(world().answered.empty());
  EXPECT_THAT(world().progressed, ElementsAre(1u));
  ASSERT_EQ(sink_.host.reports.size(), 1u);
  EXPECT_EQ(sink_.host.reports[0].first, BUS_HEALTH_FAILED);
  EXPECT_THAT(sink_.host.reports[0].second, HasSubstr("410 Gone"));
  EXPECT_TRUE(world().requests.empty());
}

TEST_F(HttpSinkTest, GoneOutlivesARestartUntilItIsResumedOrHasAnotherUrl) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  answer(410);
  EXPECT_THAT(world().state, ::testing::SizeIs(1));
  sink_.stop();
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(sink_.host.reports.back().first, BUS_HEALTH_FAILED);
  EXPECT_THAT(sink_.host.reports.back().second, HasSubstr("bus sinks resume"));
  EXPECT_EQ(deliver(1), BUS_LATER);
  EXPECT_TRUE(world().requests.empty());
  EXPECT_EQ(sink_.deliver({{.seq = 1}}, BUS_BATCH_OUT_OF_TURN), BUS_DENIED);
  EXPECT_EQ(sink_.deliver({{.seq = 1}}, BUS_BATCH_RESUMED), BUS_LATER);
  EXPECT_TRUE(world().state.empty());
  answer(200);
  EXPECT_EQ(answered().code, BUS_OK);
}

TEST_F(HttpSinkTest, AnotherUrlIsAnotherReceiver) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  answer(410);
  testing::SinkDriver other(bus_plugin_v1);
  other.host.set("url", "https://hooks.example/new");
  for (const char* name : {"timeout", "connect_timeout"}) other.host.set(name, "5000000");
  other.host.abilities.state = world().state;
  ASSERT_EQ(other.start(), BUS_OK);
  EXPECT_TRUE(other.host.reports.empty());
  EXPECT_EQ(other.deliver({{.seq = 1}}), BUS_LATER);
  EXPECT_EQ(other.host.abilities.requests.size(), 1u);
}

TEST_F(HttpSinkTest, SeveralAtATime) {
  set("parallel", "2");
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(4);
  ASSERT_EQ(world().requests.size(), 2u);
  EXPECT_EQ(asked().calls.max_per_host, 2u);
  answer(200, {}, 1);
  EXPECT_EQ(world().requests.size(), 2u);
  EXPECT_TRUE(world().progressed.empty());
  answer(400, {}, 0);  // the first one
  EXPECT_TRUE(world().answered.empty());
  answer(200, {}, 0);  // the third one
  EXPECT_EQ(answered().code, BUS_INVALID);
  EXPECT_EQ(answered().delivery.accepted, 0u);
  EXPECT_EQ(deliver(3, 2), BUS_LATER);
  ASSERT_EQ(world().requests.size(), 1u) << "two of them have arrived already";
  EXPECT_THAT(asked().body, HasSubstr("0000000000004"));
  answer(200);
  EXPECT_EQ(answered().code, BUS_OK);
}

TEST_F(HttpSinkTest, PrivateServersAreAllowedByName) {
  sink_.host.set_list("allow_hosts", {"10.1.0.0/16", "hooks.internal"});
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  EXPECT_THAT(asked().allowed, ElementsAre("10.1.0.0/16", "hooks.internal"));
  testing::SinkDriver other(bus_plugin_v1);
  other.host.set("url", "http://127.0.0.1:1/");
  other.host.set("allow_private", "true");
  for (const char* name : {"timeout", "connect_timeout"}) other.host.set(name, "5000000");
  ASSERT_EQ(other.start(), BUS_OK);
  EXPECT_EQ(other.deliver({{.seq = 1}}), BUS_LATER);
  EXPECT_EQ(other.host.abilities.requests.begin()->second.calls.flags, 0u);
}

TEST_F(HttpSinkTest, WrongSettingsAreRefused) {
  const std::pair<const char*, const char*> kWrong[] = {{"url", "hooks.example"},
                                                        {"headers", "Host: a"},
                                                        {"parallel", "0"},
                                                        {"parallel", "5"},
                                                        {"timeout", "0"}};
  for (const auto& [name, value] : kWrong) {
    testing::SinkDriver other(bus_plugin_v1);
    other.host.set("url", "https://a");
    for (const char* time : {"timeout", "connect_timeout"}) other.host.set(time, "5000000");
    other.host.set(name, value);
    EXPECT_FALSE(other.create()) << name;
    EXPECT_EQ(other.error.code, BUS_INVALID);
  }
  set("url", "http://hooks.example/");
  set("authentication", "bearer");
  EXPECT_FALSE(sink_.create());
  EXPECT_THAT(sink_.error.message, HasSubstr("https"));
}

TEST_F(HttpSinkTest, StopCancelsAndIsSafeTwice) {
  ASSERT_TRUE(sink_.create());
  sink_.stop();
  ASSERT_EQ(sink_.start(), BUS_OK);
  deliver(1);
  sink_.stop();
  sink_.stop();
  EXPECT_TRUE(world().requests.empty());
}

}  // namespace
}  // namespace bus::http
