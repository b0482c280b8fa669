#include "sources/exec/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_plugin_host.h"

extern "C" const bus_plugin bus_plugin_v1;

namespace bus::exec {
namespace {

using ::testing::HasSubstr;

class LinesTest : public ::testing::Test {
 protected:
  std::optional<Item> read(std::string_view text, bool cut = false, bool unfinished = false) {
    return reader_.read({text, cut, unfinished});
  }
  testing::FakePluginHost host_{bus_plugin_v1};
  LineReader reader_{Form(Host(host_.table())), "disks"};
};

TEST_F(LinesTest, AKeyIsTheInstancesOwn) {
  host_.abilities.forms["{1}"] = {"t", "k"};
  host_.abilities.forms["{2}"] = {"t"};
  EXPECT_EQ(read("{1}")->event->key, "disks/k");
  EXPECT_EQ(read("{2}")->event->key, "");
  host_.abilities.forms["{3}"] = {"t", std::string(1019, 'k')};
  EXPECT_FALSE(read("{3}")->event.has_value());
}

TEST_F(LinesTest, BlankLinesCountButSayNothing) {
  host_.abilities.forms["{1}"] = {"t"};
  EXPECT_FALSE(read("").has_value());
  EXPECT_FALSE(read(" \t\r").has_value());
  EXPECT_EQ(read("{1}")->line, 3u);
  reader_.restart();
  EXPECT_EQ(read("{1}")->line, 1u);
}

TEST_F(LinesTest, ABadLineSaysWhyAndIsKept) {
  const auto item = read("not json \xff \"x\"");
  ASSERT_TRUE(item.has_value());
  EXPECT_FALSE(item->event.has_value());
  EXPECT_EQ(item->why, "it is no event");
  const Event event = bad_line_event("disks", *item);
  EXPECT_EQ(event.type, "exec_bad_line");
  EXPECT_EQ(event.subject, "disks");
  EXPECT_EQ(event.key, "");
  EXPECT_EQ(event.summary, "line 1 of disks is no event: it is no event");
  EXPECT_EQ(event.data,
            "{\"instance\":\"disks\",\"line\":1,\"why\":\"it is no event\",\"text\":\"not json \xEF\xBF\xBD "
            "\\\"x\\\"\"}");
  EXPECT_EQ(event.raw, "not json \xff \"x\"");
}

TEST_F(LinesTest, ALineThatIsCutIsNotRead) {
  host_.abilities.forms["{1}"] = {"t"};
  EXPECT_THAT(read("{1}", true)->why, HasSubstr("line_bound"));
  EXPECT_TRUE(read("{1}", false, true)->event.has_value());
  EXPECT_THAT(read("{1", false, true)->why, HasSubstr("the last line has no end"));
  const auto huge = read(std::string(1u << 20, 'x'), true);
  EXPECT_EQ(huge->text.size(), 256u << 10);
  EXPECT_LT(bad_line_event("disks", *huge).data.size(), 5000u);
}

TEST(Acknowledgement, IsALineOfJson) {
  Receipt receipt;
  receipt.seq = 7, receipt.id = "ID";
  EXPECT_EQ(acknowledgement(3, receipt), "{\"line\":3,\"ok\":true,\"seq\":7,\"id\":\"ID\"}\n");
  receipt.duplicate = true;
  EXPECT_EQ(acknowledgement(3, receipt),
            "{\"line\":3,\"ok\":true,\"seq\":7,\"id\":\"ID\",\"duplicate\":true}\n");
  receipt.code = Code::invalid, receipt.message = "no \"x\"\n";
  EXPECT_EQ(acknowledgement(3, receipt),
            "{\"line\":3,\"ok\":false,\"code\":\"invalid\",\"message\":\"no \\\"x\\\"\\n\"}\n");
  EXPECT_EQ(refusal(4, "why"), "{\"line\":4,\"ok\":false,\"code\":\"invalid\",\"message\":\"why\"}\n");
}

TEST(ToUtf8, ReplacesWhatIsNone) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(to_utf8("aä€😀"), "aä€😀");
  EXPECT_EQ(to_utf8("\xff"), bad);
  EXPECT_EQ(to_utf8("\xc3"), bad);
  EXPECT_EQ(to_utf8("\xc0\xaf"), bad + bad);
  EXPECT_EQ(to_utf8("\xe0\x80\x80"), bad + bad + bad);
  EXPECT_EQ(to_utf8("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(to_utf8("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(to_utf8("\xe2\x82x"), bad + bad + "x");
}

}  // namespace
}  // namespace bus::exec
