#include "core/cli/arguments.h"

#include <gmock/gmock.h>

namespace bus::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Arguments, FlagsValuesAndLists) {
  Arguments arguments;
  arguments.add("json", {});
  arguments.add("type", {"a", "b"});
  EXPECT_TRUE(arguments.has("json"));
  EXPECT_FALSE(arguments.get("json"));
  EXPECT_EQ(arguments.get("type"), "b");
  EXPECT_THAT(arguments.all("type"), ElementsAre("a", "b"));
  EXPECT_FALSE(arguments.has("scope"));
  EXPECT_THAT(arguments.all("scope"), IsEmpty());
  EXPECT_EQ(arguments.get_or("scope", "x"), "x");
  EXPECT_EQ(arguments.positional(3), "");
}

TEST(Arguments, NumbersHaveBounds) {
  Arguments arguments;
  arguments.add("limit", {"50"});
  EXPECT_EQ(**arguments.integer("limit", 1, 100), 50);
  EXPECT_FALSE(*arguments.integer("count", 1, 100));
  for (const char* wrong : {"0", "101", "-3", "5x", "", "1e3"}) {
    arguments.add("limit", {wrong});
    const auto read = arguments.integer("limit", 1, 100);
    ASSERT_FALSE(read) << wrong;
    EXPECT_EQ(read.error().code, Code::invalid);
    EXPECT_THAT(read.error().message, HasSubstr("--limit must be a whole number from 1 to 100"));
  }
}

TEST(Arguments, DurationsNameTheirOption) {
  Arguments arguments;
  arguments.add("timeout", {"1m30s"});
  EXPECT_EQ(**arguments.duration("timeout"), seconds(90));
  arguments.add("timeout", {"soon"});
  const auto read = arguments.duration("timeout");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("--timeout: 'soon'"));
}

}  // namespace
}  // namespace bus::cli
