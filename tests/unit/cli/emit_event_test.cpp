#include "core/cli/emit_event.h"

#include <gmock/gmock.h>

#include "core/event/json_form.h"
#include "tests/unit/cli/say.h"

namespace bus::cli {
namespace {

using ::testing::HasSubstr;

std::string made(const std::vector<std::string>& words) {
  auto text = event_of_options(said("emit", words));
  if (!text) return "error: " + text.error().message;
  json::Document document;
  const auto node = document.parse(*text);
  if (!node) return "no JSON: " + *text;
  const auto event = event::decode_new(*node, *text, Time{});
  return event ? *text : "refused: " + event.error().message;
}

TEST(EmitEvent, OptionsBecomeMembers) {
  EXPECT_EQ(made({"--type", "deploy"}), R"({"source":"cli","type":"deploy"})");
  EXPECT_EQ(
      made({"--type", "a", "--source", "me", "--scope", "s", "--subject", "u", "--key", "k", "--summary",
            "t \"q\"", "--time", "2026-11-20T08:00:00Z", "--data", "{\"x\": [1]}"}),
      R"({"source":"me","type":"a","scope":"s","subject":"u","time":"2026-11-20T08:00:00Z","key":"k","summary":"t \"q\"","data":{"x": [1]}})");
}

TEST(EmitEvent, TaskInEveryWayItCanBeSaid) {
  const std::string wanted = R"({"source":"cli","type":"a","task":{"id":"x","state":"running","attempt":2}})";
  EXPECT_EQ(made({"--type", "a", "--task", "id=x", "state=running", "attempt=2"}), wanted);
  EXPECT_EQ(made({"--type", "a", "--task", "id=x,state=running,attempt=2"}), wanted);
  EXPECT_EQ(made({"--type", "a", "--task", "id=x", "--task", "state=running", "--task", "attempt=2"}),
            wanted);
  EXPECT_EQ(made({"--type", "a", "--task", R"({"id":"x","state":"running","attempt":2})"}), wanted);
}

TEST(EmitEvent, CommasInsideValuesStay) {
  const auto task = task_of_words({"id=a,b,name=x,y=z"});
  ASSERT_TRUE(task);
  EXPECT_EQ(*task, R"({"id":"a,b","name":"x,y=z"})");
}

TEST(EmitEvent, SaysWhichOptionIsWrong) {
  EXPECT_THAT(made({"--type", "a", "--task", "running"}), HasSubstr("--task: 'running' is neither"));
  EXPECT_THAT(made({"--type", "a", "--task", "stat=x"}), HasSubstr("no field 'stat'"));
  EXPECT_THAT(made({"--type", "a", "--task", "exit=zero"}), HasSubstr("exit must be a whole number"));
  EXPECT_THAT(made({"--type", "a", "--data", "{"}), HasSubstr("--data is no JSON"));
  EXPECT_THAT(made({"--type", "a", "--data", "@/no/such/file"}), HasSubstr("/no/such/file"));
}

TEST(EmitEvent, JsonKeepsItsBytesAndGetsASource) {
  EXPECT_EQ(*event_of_json(" {\"source\":\"x\", \"type\":\"a\"}\n"), "{\"source\":\"x\", \"type\":\"a\"}");
  EXPECT_EQ(*event_of_json("{ \"type\":\"a\"}"), "{\"source\":\"cli\",\"type\":\"a\"}");
  EXPECT_EQ(*event_of_json("{}"), "{\"source\":\"cli\"}");
  EXPECT_FALSE(event_of_json("[1]"));
  EXPECT_FALSE(event_of_json("{\"a\":1} {\"b\":2}"));
  EXPECT_FALSE(event_of_json(""));
}

}  // namespace
}  // namespace bus::cli
