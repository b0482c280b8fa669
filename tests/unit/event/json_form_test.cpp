#include "core/event/json_form.h"

#include <gtest/gtest.h>

#include "core/base/time_text.h"

namespace bus::event {
namespace {

Result<Event> read(std::string_view text) {
  static json::Document document;
  const auto node = document.parse(text);
  if (!node) return node.error();
  return decode_new(*node, text, Time{1'000'000});
}

Event full() {
  Event event;
  event.seq = 7;
  event.id = *Ulid::parse("01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
  event.source = "github";
  event.type = "workflow_run";
  event.scope = "octo/hello";
  event.subject = "run/1";
  event.time = *parse_time("2026-11-20T08:00:00.123456Z");
  event.received = *parse_time("2026-11-20T08:00:01Z");
  event.key = "k";
  event.summary = "CI failed \"here\"";
  Task& task = event.task.emplace();
  task.id = "github:octo/hello/run/1";
  task.kind = "run";
  task.state = State::finished;
  task.result = Outcome::failure;
  task.effect = Effect::moved;
  event.data = R"({"a": [1, 2.50, 12345678901234567890]})";
  return event;
}

TEST(JsonForm, IsTheFormOfTheContract) {
  EXPECT_EQ(
      encode(full()).text,
      R"({"seq":7,"id":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C","source":"github","type":"workflow_run","scope":"octo/hello",)"
      R"("subject":"run/1","time":"2026-11-20T08:00:00.123456Z","received":"2026-11-20T08:00:01.000000Z","key":"k",)"
      R"("summary":"CI failed \"here\"","task":{"id":"github:octo/hello/run/1","attempt":1,"kind":"run",)"
      R"("state":"finished","result":"failure","ok":false,"effect":"new"},)"
      R"("data":{"a": [1, 2.50, 12345678901234567890]}})");
}

TEST(JsonForm, TheHeadIsTheEventWithoutData) {
  Event event = full();
  const Encoded with = encode(event);
  event.data.clear();
  EXPECT_EQ(std::string(with.head_open()) + "}", encode(event).text);
  EXPECT_EQ(encode(event).head, encode(event).text.size() - 1);
}

TEST(JsonForm, ComesBackAsItWent) {
  const std::string text = encode(full()).text;
  json::Document document;
  const auto event = decode(*document.parse(text), text);
  ASSERT_TRUE(event);
  EXPECT_EQ(encode(*event).text, text);
}

TEST(DecodeNew, KeepsDataByteForByteOnOneLine) {
  const auto event = read("{\"source\":\"cli\",\"type\":\"x\",\"data\":{\"n\": 1.50,\n \"s\":\"\\u00e9\"}}");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, "{\"n\": 1.50,  \"s\":\"\\u00e9\"}");
  EXPECT_EQ(event->time, (Time{1'000'000}));
}

TEST(DecodeNew, NamesTheWrongMember) {
  const std::pair<const char*, const char*> cases[] = {
      {R"([])", "an event must be a JSON object"},
      {R"({"sorce":"x"})", "sorce is no member of it; did you mean 'source'?"},
      {R"({"source":1})", "source must be a string"},
      {R"({"source":"x","type":"y","seq":1})", "seq is given by the host; leave it out"},
      {R"({"source":"x","type":"y","time":"soon"})", "time is not an RFC 3339 time: 'soon'"},
      {R"({"source":"x","type":"y","task":{"id":"t","kind":"run"}})", "task.state is missing"},
      {R"({"source":"x","type":"y","task":{"id":"t","kind":"run","state":"done"}})",
       "task.state knows no 'done'"},
      {R"({"source":"x","type":"y","task":{"id":"t","kind":"run","state":"pending","attempt":-1}})",
       "task.attempt must be a whole number from 0 to 4294967295"}};
  for (const auto& [text, message] : cases) {
    const auto event = read(text);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().message, message);
    EXPECT_EQ(event.error().code, Code::invalid);
  }
}

TEST(Validate, ChecksEveryBound) {
  Event event = full();
  EXPECT_TRUE(validate(event));
  event.type = "Bad";
  EXPECT_FALSE(validate(event));
  event = full();
  event.key = std::string(1025, 'k');
  EXPECT_FALSE(validate(event));
  event = full();
  event.scope = "\xff";
  EXPECT_FALSE(validate(event));
  event = full();
  event.subject = std::string("a\0b", 3);
  EXPECT_FALSE(validate(event));
  event = full();
  event.task->result.reset();
  EXPECT_FALSE(validate(event));
  event = full();
  event.task->state = State::running;
  EXPECT_FALSE(validate(event));
}

TEST(TidySummary, IsOnePrintableLine) {
  Event event = full();
  event.summary = "a\x1b[31mb\nc\u202ed";
  tidy_summary(event);
  EXPECT_EQ(event.summary, "ab cd");
  event.summary = std::string(300, 'x');
  tidy_summary(event);
  EXPECT_EQ(event.summary.size(), kMaxSummary);
  event.summary.clear();
  tidy_summary(event);
  EXPECT_EQ(event.summary, "run github:octo/hello/run/1 failure in octo/hello");
}

}  // namespace
}  // namespace bus::event
