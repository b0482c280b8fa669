#include "core/cli/event_text.h"

#include <gmock/gmock.h>

namespace bus::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EventText, ALine) {
  json::Document document;
  const auto event = document.parse(
      R"({"seq":1042,"source":"github","type":"workflow_run","scope":"octo/hello","time":"2026-11-20T08:00:00.123456Z","summary":"CI failed"})");
  EXPECT_EQ(event_line(*event),
            "1042    2026-11-20T08:00:00Z  github/workflow_run       octo/hello  CI failed");
}

TEST(EventText, ATask) {
  json::Document document;
  const auto task = document.parse(
      R"({"id":"x/1","kind":"run","name":"CI","attempt":2,"state":"finished","result":"failure","detail":"exit 3","updated":"2026-11-20T08:00:00.123456Z"})");
  EXPECT_EQ(task_line(*task), "failure       run       x/1  CI  #2  (exit 3)  2026-11-20T08:00:00Z");
}

TEST(EventText, NothingFromOutsideReachesTheTerminal) {
  json::Document document;
  const auto event = document.parse(
      "{\"seq\":1,\"source\":\"a\",\"type\":\"b\",\"scope\":\"\\u001b[31mred\\u202e\",\"summary\":\"\\u001b]"
      "0;title\\u0007x\\ny\","
      "\"task\":{\"id\":\"\\u009b1m\"},\"data\":{\"\\u001b[2J\":\"\\u001b[1mz\"}}");
  ASSERT_TRUE(event);
  for (const std::string& text :
       {event_line(*event), event_page(*event), task_line((*event)["task"]), indented(*event)}) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
  }
}

TEST(EventText, Indented) {
  json::Document document;
  const auto value = document.parse(R"({"a":[1,{"b":null}],"c":{},"d":1.5})");
  EXPECT_EQ(indented(*value),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": 1.5\n}");
}

}  // namespace
}  // namespace bus::cli
