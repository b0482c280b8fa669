#include "core/rules/rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/loader.h"

namespace bus::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Rule read(std::string_view toml, std::vector<config::Problem>& problems) {
  config::RuleFile file = config::read_rule_text("r", "r.toml", toml);
  problems = std::move(file.problems);
  return read_rule("r", file.table, problems);
}

Rule good(std::string_view toml) {
  std::vector<config::Problem> problems;
  Rule rule = read(toml, problems);
  EXPECT_THAT(problems, IsEmpty()) << (problems.empty() ? "" : problems[0].text());
  return rule;
}

std::string wrong(std::string_view toml) {
  std::vector<config::Problem> problems;
  read(toml, problems);
  return problems.empty() ? "" : config::to_error(problems).message;
}

constexpr const char* kAll =
    "on = \"type == 'a'\"\nrun = [\"/bin/x\", \"-y\", \"a\\\"b\\n\"]\nenabled = false\nall_reports = "
    "true\nkey = \"scope\"\n"
    "when_busy = \"latest\"\njobs = 3\ndebounce = \"2s\"\nmax_wait = \"1m\"\nrate = \"10/1m\"\nretries = 3\n"
    "backoff = \"5s\"\nrun_timeout = \"10m\"\nstop_timeout = \"1s\"\ntimes = 7\ncwd = \"/tmp\"\n"
    "env = [\"A=b c\"]\npass_env = [\"B\"]\nsecret_env = [\"C=d\"]\nstdin = \"event\"\numask = \"077\"\n"
    "limits = [\"nofile=64\", \"as=1GiB\"]\n";

TEST(Rule, ReadsEverySettingAndWritesTheSame) {
  const Rule rule = good(kAll);
  EXPECT_FALSE(rule.enabled);
  EXPECT_EQ(rule.policy.when_busy, WhenBusy::latest);
  EXPECT_EQ(rule.policy.rate->count, 10);
  EXPECT_EQ(rule.policy.times, 7);
  EXPECT_EQ(rule.umask, mode_t{077});
  EXPECT_THAT(rule.run, ElementsAre("/bin/x", "-y", "a\"b\n"));
  ASSERT_EQ(rule.limits.size(), 2u);
  EXPECT_EQ(rule.limits[1].soft, rlim_t{1} << 30);
  EXPECT_EQ(to_toml(good(to_toml(rule))), to_toml(rule));
  EXPECT_EQ(to_toml(rule).find("when_busy = \"queue\""), std::string::npos);
}

TEST(Rule, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(wrong("run = [\"/bin/x\"]\n"), HasSubstr("'on' is missing"));
  EXPECT_THAT(wrong("on = \"true\"\n"), HasSubstr("'run' is missing"));
  EXPECT_THAT(wrong("on = \"tru\"\nrun = [\"/bin/x\"]\n"), HasSubstr("r.toml:1"));
  EXPECT_THAT(wrong("on = \"true\"\nrun = [\"x\"]\n"), HasSubstr("absolute path"));
  EXPECT_THAT(wrong("on = \"true\"\nrun = [\"/bin/x\"]\nwhen_bussy = \"drop\"\n"), HasSubstr("when_busy"));
  EXPECT_THAT(wrong("on = \"true\"\nrun = [\"/bin/x\"]\nrate = \"many\"\n"), HasSubstr("10/1m"));
  EXPECT_THAT(wrong("on = \"true\"\nrun = [\"/bin/x\"]\nlimits = [\"files=1\"]\n"), HasSubstr("no limit"));
  EXPECT_THAT(wrong("on = \"true\"\nrun = [\"/bin/x\"]\nmax_wait = \"1s\"\n"), HasSubstr("debounce"));
  EXPECT_THAT(wrong("on = \"true\"\nrun = [\"/bin/x\"]\nsecret_env = [\"hunter2\"]\n"),
              ::testing::Not(HasSubstr("hunter2")));
}

TEST(Rule, TurnsOnAndOffWithoutTouchingTheRest) {
  const std::string text = "# why\non = \"true\" # all\nrun = [\"/x\"]\n";
  const std::string off = with_enabled(text, false);
  EXPECT_EQ(off, "enabled = false\n" + text);
  EXPECT_EQ(with_enabled(off, true), "enabled = true\n" + text);
  EXPECT_EQ(with_enabled("on = \"true\"\nenabled=true", false), "on = \"true\"\nenabled = false\n");
}

TEST(Rule, GivesTheUsualEnvironmentAndWhatIsAskedFor) {
  const std::vector<std::string> ours = {"PATH=/bin", "LC_ALL=C", "GITHUB_TOKEN=x", "FOO=1"};
  EXPECT_THAT(base_environment(ours, {}), ElementsAre("PATH=/bin", "LC_ALL=C"));
  EXPECT_THAT(base_environment(ours, {"FOO"}), ElementsAre("PATH=/bin", "LC_ALL=C", "FOO=1"));
}

}  // namespace
}  // namespace bus::rules
