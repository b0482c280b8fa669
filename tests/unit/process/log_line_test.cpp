#include "core/process/log_line.h"

#include <gtest/gtest.h>

namespace bus::process {
namespace {

constexpr Time kTime{1'795'161'600'123'456};

TEST(LogLine, IsThatOfContainerLogs) {
  std::string line;
  append_log_line(line, kTime, "stdout", true, "hello  world");
  append_log_line(line, kTime, "stderr", false, "");
  EXPECT_EQ(line,
            "2026-11-20T08:00:00.123456000Z stdout F hello  world\n"
            "2026-11-20T08:00:00.123456000Z stderr P \n");
}

TEST(LogLine, IsReadAsItWasWritten) {
  std::string line;
  append_log_line(line, kTime, "stderr", false, std::string_view(" a\0 b", 5));
  const auto parsed = parse_log_line(std::string_view(line).substr(0, line.size() - 1));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->time, kTime);
  EXPECT_EQ(parsed->stream, "stderr");
  EXPECT_FALSE(parsed->whole);
  EXPECT_EQ(parsed->text, std::string_view(" a\0 b", 5));
}

TEST(LogLine, RefusesWhatIsNone) {
  for (const char* line : {"", "hello", "2026-11-20T08:00:00Z stdout", "2026-11-20T08:00:00Z stdout X text",
                           "yesterday stdout F text", "2026-11-20T08:00:00Z stdout F"})
    EXPECT_FALSE(parse_log_line(line)) << line;
}

TEST(LogLine, RemarksCarryNumbers) {
  EXPECT_EQ(remark_number("lost=12", kLost), 12u);
  EXPECT_FALSE(remark_number("lost=", kLost));
  EXPECT_FALSE(remark_number("lost=1x", kLost));
  EXPECT_FALSE(remark_number("base=1", kLost));
}

}  // namespace
}  // namespace bus::process
