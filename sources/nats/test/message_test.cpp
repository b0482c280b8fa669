#include "sources/nats/message.h"

#include <gtest/gtest.h>

#include "tests/support/fake_plugin_host.h"

namespace bus::nats {
namespace {

class ReadMessage : public ::testing::Test {
 protected:
  Verdict read(std::string_view body, std::string_view origin = {}, std::string_view id = {}) {
    return MessageReader(Host(host_.table()), "desk")
        .read({body, id, origin, origin, "BUS/7/8"}, event_, why_);
  }
  testing::FakePluginHost host_{bus_plugin_v1};
  Event event_;
  std::string why_;
};

TEST_F(ReadMessage, ACloudEventIsReadByTheHost) {
  const std::string body = R"({"specversion":"1.0","id":"1","source":"/x","type":"t"})";
  host_.abilities.forms[body] = {"t", "/x#1", "[1]"};
  ASSERT_EQ(read(body), Verdict::event);
  EXPECT_EQ(event_.key, "/x#1");
  EXPECT_EQ(event_.data, R"({"key":"/x#1","data":[1]})");
  ASSERT_EQ(read(body, "lap", "01J"), Verdict::event);
  EXPECT_EQ(event_.key, "01J");
  EXPECT_EQ(event_.data, R"({"origin":"lap","id":"01J","key":"/x#1","path":["lap"],"data":[1]})");
}

TEST_F(ReadMessage, ACloudEventThatIsNoneIsPoison) {
  EXPECT_EQ(read(R"({"specversion":"9"})"), Verdict::poison);
  EXPECT_EQ(why_, "it is no event");
}

TEST_F(ReadMessage, TheWordInTheDataMakesNoCloudEvent) {
  EXPECT_EQ(read(R"({"type":"note","data":{"specversion":"1.0"}})"), Verdict::event);
}

TEST_F(ReadMessage, TooLargeIsPoison) {
  EXPECT_EQ(read(R"({"type":"note","data":")" + std::string(kMaxBody, 'x') + "\"}"), Verdict::poison);
}

TEST_F(ReadMessage, WhatIsNoUtf8IsPoison) {
  EXPECT_EQ(read("{\"type\":\"note\",\"subject\":\"\xff\"}"), Verdict::poison);
}

}  // namespace
}  // namespace bus::nats
