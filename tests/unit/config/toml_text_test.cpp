#include "core/config/toml_text.h"

#include <gtest/gtest.h>

namespace bus::config {
namespace {

std::string checked(std::string_view text) {
  const auto problem = check_toml_text(text, "c.toml");
  return problem ? problem->place.text() : "good";
}

TEST(CheckTomlText, LeavesStringsAndCommentsAlone) {
  EXPECT_EQ(checked(""), "good");
  EXPECT_EQ(checked("\xEF\xBB\xBFkey = 1 # é"), "good");
  EXPECT_EQ(checked("\"é\" = 'ü'\n"), "good");
  EXPECT_EQ(checked(R"(a = "\"é" # "é)"), "good");
  EXPECT_EQ(checked("a = \"\"\"é\n\"é\" \\\"\"\" é\"\"\"\"\"\nb = '''\\é'''"), "good");
}

TEST(CheckTomlText, SaysWhereACharacterIsOutside) {
  EXPECT_EQ(checked("key = é"), "c.toml:1:7");
  EXPECT_EQ(checked("a = \"ééé\" é\n"), "c.toml:1:11");
  EXPECT_EQ(checked("a = 1\nüb = 2\n"), "c.toml:2:1");
  EXPECT_EQ(checked("a = '\\'é"), "c.toml:1:8");
  EXPECT_EQ(checked("a = \"open\né"), "c.toml:2:1");
}

TEST(CheckTomlText, SaysWhichLineIsNotUtf8) {
  EXPECT_EQ(checked("\xff"), "c.toml:1:1");
  EXPECT_EQ(checked("a = 1\n# \xe0\xdd\x8b\nb = 2"), "c.toml:2:1");
}

}  // namespace
}  // namespace bus::config
