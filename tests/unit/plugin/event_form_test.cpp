#include "core/plugin/event_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::plugin {
namespace {

using ::testing::HasSubstr;

constexpr Time kNow{1'795'161'600'000'000};

Result<event::Event> read(std::string_view text, std::vector<std::string> types = {"*"}) {
  Descriptor descriptor;
  descriptor.name = "exec";
  descriptor.event_types = std::move(types);
  json::Document document;
  return read_form(descriptor, text, kNow, document);
}

std::string why(std::string_view text, std::vector<std::string> types = {"*"}) {
  const auto event = read(text, std::move(types));
  return event ? "" : event.error().message;
}

TEST(EventForm, ReadsTheJsonForm) {
  const auto event = read(R"({"type":"backup","subject":"home","key":"b-1","time":"2026-11-20T07:00:00Z",
    "task":{"id":"b/1","kind":"work","state":"finished","result":"success"},"data":{"n":1.50}})");
  ASSERT_TRUE(event.ok()) << event.error().message;
  EXPECT_EQ(event->source, "exec");
  EXPECT_EQ(event->type, "backup");
  EXPECT_EQ(event->key, "b-1");
  EXPECT_EQ(event->time.us, kNow.us - 3'600'000'000);
  EXPECT_EQ(event->data, R"({"n":1.50})");
  ASSERT_TRUE(event->task.has_value());
  EXPECT_EQ(event->task->result, event::Outcome::success);
  EXPECT_EQ(read(R"({"type":"a","source":"exec"})")->time, kNow);
}

TEST(EventForm, SaysWhatIsWrong) {
  EXPECT_THAT(why("{"), HasSubstr("JSON"));
  EXPECT_THAT(why("[]"), HasSubstr("object"));
  EXPECT_EQ(why("{}"), "type is missing");
  EXPECT_THAT(why(R"({"type":"Bad Word"})"), HasSubstr("type must be a word"));
  EXPECT_THAT(why(R"({"typo":"a"})"), HasSubstr("did you mean 'type'"));
  EXPECT_THAT(why(R"({"type":"a","source":"github"})"), HasSubstr("source is given by the host"));
  EXPECT_THAT(why(R"({"type":"a","seq":1})"), HasSubstr("seq"));
  EXPECT_EQ(why(R"({"type":"a","task":{"id":"x","kind":"work"}})"), "task.state is missing");
  EXPECT_THAT(why(R"({"type":"a","task":{"id":"x","kind":"work","state":"finished"}})"),
              HasSubstr("task.result"));
  EXPECT_THAT(why(R"({"type":"a"})", {"b"}), HasSubstr("not declared"));
}

TEST(EventForm, ReadsCloudEvents) {
  auto event =
      read(R"({"specversion":"1.0","id":"7","source":"https://ci.example/a","type":"com.Example.Done",
    "subject":"s","time":"2026-11-20T07:00:00Z","taskid":"t","taskstate":"running","data":[1]})");
  ASSERT_TRUE(event.ok()) << event.error().message;
  EXPECT_EQ(event->source, "exec");
  EXPECT_EQ(event->type, "com_example_done");
  EXPECT_EQ(event->scope, "https://ci.example/a");
  EXPECT_EQ(event->key, "https://ci.example/a#7");
  EXPECT_EQ(event->data, "[1]");
  EXPECT_EQ(event->task->id, "t");
  event = read(R"({"specversion":"1.0","id":"7","source":"/exec/host%20a","type":"dev.bus.exec.done"})");
  EXPECT_EQ(event->type, "done");
  EXPECT_EQ(event->scope, "host a");
  event =
      read(R"({"specversion":"1.0","id":"7","source":"/github/octo/hello","type":"dev.bus.github.push"})");
  EXPECT_EQ(event->source, "exec");
  EXPECT_EQ(event->scope, "/github/octo/hello");
  EXPECT_THAT(why(R"({"specversion":"0.3","id":"7","source":"s","type":"t"})"), HasSubstr("specversion"));
  EXPECT_THAT(why(R"({"specversion":"1.0","source":"s","type":"t"})"), HasSubstr("id is missing"));
}

TEST(EventForm, WritesCloudEvents) {
  json::Document document;
  const auto text = write_cloudevent(
      R"({"seq":7,"id":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C","source":"cli","type":"note","scope":"a/b","subject":"s",)"
      R"("time":"2026-11-20T08:00:00.000000Z","received":"2026-11-20T08:00:01.000000Z","data":{"n": 1}})",
      document);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(
      *text,
      R"({"specversion":"1.0","id":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C","source":"/cli/a/b","type":"dev.bus.cli.note",)"
      R"("subject":"s","time":"2026-11-20T08:00:00.000000Z","recordedtime":"2026-11-20T08:00:01.000000Z",)"
      R"("sequence":"00000000000000000007","datacontenttype":"application/json","data":{"n": 1}})");
  EXPECT_EQ(write_cloudevent("[]", document).error().code, Code::invalid);
  EXPECT_EQ(write_cloudevent("{", document).error().code, Code::invalid);
}

}  // namespace
}  // namespace bus::plugin
