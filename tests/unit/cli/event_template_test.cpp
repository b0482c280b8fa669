#include "core/cli/event_template.h"

#include <gmock/gmock.h>

namespace bus::cli {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kEvent =
    R"({"seq":7,"source":"github","type":"issues","summary":"red \u001b[31malert\u202e","task":{"id":"t","ok":true},)"
    R"("data":{"labels":[{"name":"bug"},{"name":"ui"}],"a key":1.50,"0":"zero","none":null,"text":"two\nlines"}})";

std::string line(std::string_view pattern) {
  static json::Document document;
  const auto made = EventTemplate::parse(pattern);
  return made ? made->line(*document.parse(kEvent), kEvent) : made.error().message;
}

std::string wrong(std::string_view pattern) {
  const auto made = EventTemplate::parse(pattern);
  return made ? "nothing" : made.error().message;
}

TEST(EventTemplate, PathsIntoTheEvent) {
  EXPECT_EQ(line("{{.seq}} {{.source}}/{{.type}}: {{ .task.id }}"), "7 github/issues: t");
  EXPECT_EQ(line("{{task.ok}}{{seq}}"), "true7");
  EXPECT_EQ(line("{{.data.labels[0].name}},{{.data.labels.1.name}}"), "bug,ui");
  EXPECT_EQ(line("{{.data[\"a key\"]}} {{.data.0}}"), "1.50 zero");
}

TEST(EventTemplate, WhatIsNotThereIsEmpty) {
  EXPECT_EQ(line("[{{.nothing}}{{.task.result}}{{.data.labels[9].name}}{{.seq.x}}{{.data.none}}]"), "[]");
}

TEST(EventTemplate, ValuesAsJson) {
  EXPECT_EQ(line("{{json .data.labels}}"), R"([{"name":"bug"},{"name":"ui"}])");
  EXPECT_EQ(line("{{.task}}"), R"({"id":"t","ok":true})");
  EXPECT_EQ(line("{{json .data.text}} {{json .data.none}}"), R"("two\nlines" null)");
  EXPECT_EQ(line("{{json .}}"), kEvent);
}

TEST(EventTemplate, TextIsMadeSafe) {
  EXPECT_EQ(line("{{.summary}}"), "red alert");
  EXPECT_EQ(line("{{.data.text}}"), "two lines");
}

TEST(EventTemplate, EscapesInTheTextAround) {
  EXPECT_EQ(line(R"({{.seq}}\t{{.type}}\n\\n \x)"), "7\tissues\n\\n \\x");
  EXPECT_EQ(line("}} {.seq} {{.seq}}"), "}} {.seq} 7");
}

TEST(EventTemplate, MistakesAreNamedWithTheirColumn) {
  EXPECT_THAT(wrong("{{.seq"), HasSubstr("column 1: {{ without }}"));
  EXPECT_THAT(wrong("ab {{}}"), HasSubstr("column 6: a field of the event"));
  EXPECT_THAT(wrong("{{upper .type}}"), HasSubstr("column 3: unknown function 'upper'"));
  EXPECT_THAT(wrong("{{.task.}}"), HasSubstr("column 9: a name"));
  EXPECT_THAT(wrong("{{.data[x]}}"), HasSubstr("column 9: an index"));
  EXPECT_THAT(wrong("{{.data[0}}"), HasSubstr("column 10: ]"));
  EXPECT_THAT(wrong("{{.data[\"x}}"), HasSubstr("column 9: the text"));
  EXPECT_THAT(wrong("{{.seq | json}}"), HasSubstr("column 8: }} is expected"));
  EXPECT_EQ(EventTemplate::parse("{{.task.}}").error().hint, "{{.task.}}\n        ^");
}

TEST(EventTemplate, KnowsWhetherItShowsData) {
  EXPECT_TRUE(EventTemplate::parse("{{.data.x}}")->wants_data());
  EXPECT_TRUE(EventTemplate::parse("{{json .}}")->wants_data());
  EXPECT_FALSE(EventTemplate::parse("{{.seq}} data")->wants_data());
}

}  // namespace
}  // namespace bus::cli
