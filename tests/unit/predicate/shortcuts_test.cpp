// The shortcuts give what the general runs give: explain() uses the general ones, match() the shortcuts.
#include <gtest/gtest.h>

#include "core/predicate/explain.h"
#include "tests/unit/predicate/sample_event.h"

namespace bus::predicate {
namespace {

TEST(Shortcuts, AgreeWithTheGeneralRuns) {
  const auto event = testing::sample_event();
  EventView view(event);
  for (const char* source :
       {"source == 'github'", "'github' == source", "source != 'github'", "'x' != source",
        "data.number == 'x'", "data.number != 'x'", "data.nothing == 'x'", "'x' == data.nothing.deeper",
        "data.number.deeper == 'x'", "data.repository.full_name == 'octo/hello'", "data.repository == 'x'",
        "data.nobody == 'x'", "data.nobody.deeper == 'x'", "task.signal == 'SIGKILL'", "from == 'ada'",
        "channel == 'x'"}) {
    const auto predicate = compile(source);
    ASSERT_TRUE(predicate) << source;
    std::string why;
    const Match direct = match(*predicate, view, &why);
    const Explanation explained = explain(*predicate, view);
    EXPECT_EQ(direct, explained.match) << source;
    if (direct == Match::error) {
      EXPECT_NE(why.find(explained.root.text), std::string::npos) << source << ": " << why;
    }
  }
}

}  // namespace
}  // namespace bus::predicate
