#include "core/wire/message.h"

#include <gtest/gtest.h>

namespace bus::wire {
namespace {

Result<Request> read(std::string_view text, bool first = true) {
  static json::Document document;
  return read_request(*document.parse(text), text, first);
}

TEST(ReadRequest, ReadsAGoodOne) {
  const auto request = read(R"({"proto":2,"id":7,"op":"emit","limit":5,"yes":true,"who":"me"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, 7);
  EXPECT_EQ(request->op, "emit");
  EXPECT_EQ(*request->integer_of("limit", 1, 0, 10), 5);
  EXPECT_EQ(*request->integer_of("other", 1, 0, 10), 1);
  EXPECT_EQ(*request->boolean_of("yes", false), true);
  EXPECT_EQ(*request->text_of("who"), "me");
  EXPECT_EQ(*request->text_of("other"), "");
}

TEST(ReadRequest, TypesAndBoundsOfParametersAreChecked) {
  const auto request = read(R"({"proto":2,"id":7,"op":"x","limit":50,"yes":1,"who":2})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->integer_of("limit", 1, 0, 10).error().message,
            "'limit' must be a whole number from 0 to 10");
  EXPECT_FALSE(request->boolean_of("yes", false));
  EXPECT_FALSE(request->text_of("who"));
}

TEST(ReadRequest, ProtocolIsNamedInTheFirstFrameOnly) {
  EXPECT_FALSE(read(R"({"id":1,"op":"x"})"));
  EXPECT_TRUE(read(R"({"id":1,"op":"x"})", false));
  EXPECT_FALSE(read(R"({"proto":3,"id":1,"op":"x"})", false));
  EXPECT_FALSE(read(R"({"proto":"2","id":1,"op":"x"})"));
}

TEST(ReadRequest, NeedsAnIdAndAnOperation) {
  for (const char* bad :
       {R"([])", R"({"proto":2,"op":"x"})", R"({"proto":2,"id":-1,"op":"x"})", R"({"proto":2,"id":1})"}) {
    EXPECT_FALSE(read(bad)) << bad;
  }
}

TEST(Messages, ErrorsComeBackAsTheyWent) {
  const std::string text = refusal(3, error(Code::unavailable, "no \"room\"", "wait"));
  json::Document document;
  const auto node = document.parse(text);
  ASSERT_TRUE(node);
  EXPECT_EQ((*node)["error"]["retryable"].boolean(), true);
  const Error back = read_error((*node)["error"]);
  EXPECT_EQ(back.code, Code::unavailable);
  EXPECT_EQ(back.message, "no \"room\"");
  EXPECT_EQ(back.hint, "wait");
}

TEST(Messages, HaveTheShapesOfTheProtocol) {
  EXPECT_EQ(answer(7, "{}"), R"({"id":7,"result":{}})");
  EXPECT_EQ(gap_message(7, 10, 90), R"({"sub":7,"gap":{"from":10,"to":90}})");
  EXPECT_EQ(caught_up_message(7, 5), R"({"sub":7,"caught_up":5})");
  EXPECT_EQ(event_prefix(7), R"({"sub":7,"event":)");
}

}  // namespace
}  // namespace bus::wire
