#include "core/cli/completion.h"

#include <gmock/gmock.h>

#include "core/cli/verbs.h"

namespace bus::cli {
namespace {

using ::testing::HasSubstr;

TEST(Completion, KnowsEveryVerbInEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell);
    ASSERT_TRUE(script);
    for (const std::string_view word : first_words())
      EXPECT_THAT(*script, HasSubstr(std::string(word))) << shell;
    EXPECT_THAT(*script, HasSubstr("all-of")) << shell;
  }
  EXPECT_FALSE(completion_script("tcsh"));
}

// "wait" is a verb and has a verb below it.
TEST(Completion, AVerbWithVerbsBelowItOffersBoth) {
  for (const char* shell : {"bash", "zsh"}) {
    const std::string script = *completion_script(shell);
    EXPECT_THAT(script, HasSubstr("\"wait \") found=\"ci --since")) << shell;
    EXPECT_LT(script.find("\"wait ci \"*) found=\"--sha"), script.find("\"wait \"*) found=\"--since"))
        << shell;
  }
}

}  // namespace
}  // namespace bus::cli
