#include "core/cli/wait_spec.h"

#include <gmock/gmock.h>

#include "tests/unit/cli/say.h"

namespace bus::cli {
namespace {

using ::testing::ElementsAre;

Result<WaitSpec> spec(const std::vector<std::string>& words) {
  return wait_spec(said("wait", words));
}

TEST(WaitSpec, AnExpressionWithShorthands) {
  const auto read = spec({"seq > 1", "--source", "cli", "--count", "3", "--within", "1m"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->what, WaitFor::match);
  EXPECT_THAT(read->clauses, ElementsAre("source == \"cli\" && (seq > 1)"));
  EXPECT_EQ(read->count, 3);
  EXPECT_EQ(read->within, seconds(60));
}

TEST(WaitSpec, Compositions) {
  const auto all = spec({"--all-of", "a", "--all-of", "b", "--type", "t"});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->what, WaitFor::all_of);
  EXPECT_THAT(all->clauses, ElementsAre("a", "b"));
  EXPECT_EQ(all->filter, "type == \"t\"");
  const auto first = spec({"--first-of", "a"});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->what, WaitFor::first_of);
  const auto sequence = spec({"--sequence", "a", "b", "--within", "5s"});
  ASSERT_TRUE(sequence);
  EXPECT_EQ(sequence->what, WaitFor::sequence);
  EXPECT_THAT(sequence->clauses, ElementsAre("a", "b"));
  const auto absent = spec({"--absent", "a", "--for", "5m"});
  ASSERT_TRUE(absent);
  EXPECT_EQ(absent->what, WaitFor::absence);
  EXPECT_EQ(absent->quiet, seconds(300));
}

TEST(WaitSpec, RefusesWhatSaysNothingOrTooMuch) {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"a", "b"},
                                                       {"a", "--all-of", "b"},
                                                       {"--all-of", "a", "--first-of", "b"},
                                                       {"--sequence", "a"},
                                                       {"--for", "5s", "a"},
                                                       {"--absent", "a"},
                                                       {"a", "--count", "0"},
                                                       {"a", "--count", "x"},
                                                       {"--absent", "a", "--for", "long"},
                                                       {"--sequence", "a", "b", "--all-of", "c"}};
  for (const auto& words : wrong) {
    const auto read = spec(words);
    EXPECT_FALSE(read) << (words.empty() ? "nothing" : words[0]);
    EXPECT_TRUE(read || read.error().code == Code::invalid);
  }
}

}  // namespace
}  // namespace bus::cli
