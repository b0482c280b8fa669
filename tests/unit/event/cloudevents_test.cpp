#include "core/event/cloudevents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_text.h"

namespace bus::event {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Result<Event> read(std::string_view text) {
  static json::Document document;
  return from_cloudevent(*document.parse(text), text, Time{1});
}

TEST(ToCloudEvent, CarriesEverythingAsAttributes) {
  Event event;
  event.seq = 42;
  event.id = *Ulid::parse("01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
  event.source = "github";
  event.type = "workflow_run";
  event.scope = "octo/he llo";
  event.time = event.received = *parse_time("2026-11-20T08:00:00Z");
  Task& task = event.task.emplace();
  task.id = "t";
  task.kind = "run";
  task.state = State::finished;
  task.result = Outcome::success;
  EXPECT_EQ(
      to_cloudevent(event, R"({"action":"completed"})"),
      R"({"specversion":"1.0","id":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C","source":"/github/octo/he%20llo",)"
      R"("type":"com.github.workflow_run.completed","time":"2026-11-20T08:00:00.000000Z",)"
      R"("recordedtime":"2026-11-20T08:00:00.000000Z","sequence":"00000000000000000042","taskid":"t","taskattempt":1,)"
      R"("taskkind":"run","taskstate":"finished","taskresult":"success","taskok":true,)"
      R"("datacontenttype":"application/json","data":{"action":"completed"}})");
}

TEST(ToCloudEvent, StringsHaveNoControlCharacters) {
  Event event;
  event.source = "cli";
  event.type = "note";
  event.subject = "a\x1b[1m\nb\u0085c\uFFFEd\U0001FFFFe\u20AC";
  event.key = "\t";
  event.scope = std::string(1, '\x7f');
  const std::string text = to_cloudevent(event, {});
  EXPECT_THAT(text, HasSubstr("\"subject\":\"a [1m b c d e\u20AC\""));
  EXPECT_THAT(text, HasSubstr("\"source\":\"/cli/%7f\""));
}

TEST(ToCloudEvent, WithoutDataTheTypeStays) {
  Event event;
  event.source = "github";
  event.type = "issues";
  const std::string text = to_cloudevent(event, R"({"action":"opened"})", WithData::no);
  EXPECT_THAT(text, HasSubstr("com.github.issues.opened"));
  EXPECT_THAT(text, Not(HasSubstr("\"data")));
}

TEST(ToCloudEvent, AnAttemptIsASignedInteger) {
  Event event;
  event.source = "cli";
  event.task.emplace().attempt = 4'000'000'000;
  EXPECT_THAT(to_cloudevent(event, {}), HasSubstr("\"taskattempt\":2147483647"));
}

TEST(FromCloudEvent, OursComesBack) {
  const auto event = read(
      R"({"specversion":"1.0","id":"a1","source":"/build/octo/hello","type":"dev.bus.build.done",)"
      R"("subject":"s","time":"2026-11-20T08:00:00Z","taskid":"t","taskstate":"running","taskattempt":2,"data":{"x": 1}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->source, "build");
  EXPECT_EQ(event->scope, "octo/hello");
  EXPECT_EQ(event->type, "done");
  EXPECT_EQ(event->key, "a1");
  EXPECT_EQ(event->task->attempt, 2u);
  EXPECT_EQ(event->data, R"({"x": 1})");
  EXPECT_TRUE(validate(*event));
}

TEST(FromCloudEvent, AnybodysIsTaken) {
  const auto event = read(
      R"({"specversion":"1.0","id":"1","source":"https://example.com/x","type":"com.Example.Object-Deleted.v2"})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->source, "cloudevents");
  EXPECT_EQ(event->scope, "https://example.com/x");
  EXPECT_EQ(event->type, "com_example_object_deleted_v2");
  EXPECT_TRUE(validate(*event));
}

TEST(FromCloudEvent, NamesWhatIsWrong) {
  for (const auto& [text, why] :
       {std::pair{R"({"id":"1"})", "source is missing"},
        {R"({"specversion":"0.3","id":"1","source":"/a","type":"t"})", "specversion must be 1.0"},
        {R"({"specversion":"1.0","id":"1","source":"/a","type":"t","time":"x"})", "time is no"},
        {R"({"specversion":"1.0","id":"1","source":"/a","type":"t","data":1,"data_base64":"YQ=="})",
         "exclude"},
        {R"({"specversion":"1.0","id":"1","source":"/a","type":"t","taskid":"t"})", "taskstate"}}) {
    const auto event = read(text);
    ASSERT_FALSE(event) << text;
    EXPECT_THAT(event.error().message, HasSubstr(why));
  }
}

TEST(FromCloudEventBinary, DecodesHeaders) {
  const Attributes attributes = {{"specversion", "1.0"},
                                 {"id", "1"},
                                 {"source", "/a/b%20c"},
                                 {"type", "t"},
                                 {"subject", "\"Euro %E2%82%AC\""}};
  const auto event =
      from_cloudevent_binary(attributes, "application/json; charset=utf-8", " {\"x\":\n1}\r\n", Time{1});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->subject, "Euro \xE2\x82\xAC");
  EXPECT_EQ(event->data, "{\"x\": 1}");
  EXPECT_EQ(from_cloudevent_binary(attributes, "text/plain", "hi \"you\"", Time{1})->data,
            "\"hi \\\"you\\\"\"");
  EXPECT_FALSE(from_cloudevent_binary(attributes, "application/json", "{", Time{1}));
}

}  // namespace
}  // namespace bus::event
