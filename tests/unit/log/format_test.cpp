#include "core/log/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json/reader.h"

namespace bus::log {
namespace {

const Time kTime{1'795'161'600'123'456};

TEST(FormatLine, Text) {
  EXPECT_EQ(
      format_line(
          Format::text, kTime, Level::warning, "source is slow",
          {{"source", "fs"}, {"for", "10 s"}, {"lag", 3}, {"ok", false}, {"empty", ""}, {"q", "a\"b"}}),
      "2026-11-20T08:00:00.123456Z warning source is slow source=fs for=\"10 s\" lag=3 ok=false empty=\"\" "
      "q=\"a\\\"b\"\n");
}

TEST(FormatLine, Journal) {
  EXPECT_EQ(format_line(Format::journal, kTime, Level::error, "no", {{"n", -1}}), "<3>no n=-1\n");
  EXPECT_EQ(format_line(Format::journal, kTime, Level::debug, "no", {}), "<7>no\n");
}

TEST(FormatLine, Json) {
  EXPECT_EQ(
      format_line(Format::json, kTime, Level::info, "ready",
                  {{"port", 9000u}, {"share", 0.5}, {"path", std::string("/x")}}),
      "{\"time\":\"2026-11-20T08:00:00.123456Z\",\"level\":\"info\",\"message\":\"ready\",\"port\":9000,"
      "\"share\":0.5,\"path\":\"/x\"}\n");
}

TEST(FormatLine, TextFromOutsideCannotLie) {
  const std::string evil = "a\n<3>root did it\x1b[2J\xe2\x80\xae\xff";
  for (const Format format : {Format::text, Format::json, Format::journal}) {
    const std::string line = format_line(format, kTime, Level::info, evil, {{"key", evil}});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_EQ(line.find("\xe2\x80\xae"), std::string::npos);
  }
  json::Document document;
  EXPECT_TRUE(document.parse(format_line(Format::json, kTime, Level::info, evil, {{evil, evil}})).ok());
}

TEST(FormatLine, LongTextIsCut) {
  const std::string line =
      format_line(Format::text, kTime, Level::info, "m", {{"k", std::string(100'000, 'x')}});
  EXPECT_LT(line.size(), kMaxText + 100);
  EXPECT_THAT(line, ::testing::EndsWith("x…\n"));
}

}  // namespace
}  // namespace bus::log
