#include "core/config/toml_file.h"

#include <gtest/gtest.h>

#include "tests/unit/config/problems.h"

namespace bus::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Read {
  Settings settings;
  std::vector<std::string> problems;
};

Read read(std::string_view text) {
  Read out;
  std::vector<Problem> problems;
  read_settings(text, "c.toml", out.settings, problems);
  out.problems = lines(problems);
  return out;
}

TEST(ReadSettings, FillsSectionsSourcesSinksAndRules) {
  const Read got = read(R"(
[http]
listen = "127.0.0.1:0"
max_webhook_body = "1MiB"
[sources.github]
watch = ["octo/hello"]
poll = true
depth = 3
ratio = 0.5
[sinks.mail]
plugin = "exec"
enabled = false
isolation = "host"
allow = ["network", "files:/srv/mail"]
memory = "64MiB"
call_timeout = "2s"
predicate = 'type == "x"'
command = ["/bin/mail"]
[rule.triage-it]
when = "true"
)");
  EXPECT_THAT(got.problems, IsEmpty());
  EXPECT_EQ(got.settings.http.max_webhook_body, 1u << 20);
  const PluginTable& github = got.settings.sources.at("github");
  EXPECT_TRUE(github.enabled);
  EXPECT_EQ(github.plugin, "github");
  EXPECT_EQ(github.place.text(), "c.toml:5:1");
  EXPECT_EQ(github.options.options.size(), 4u);
  EXPECT_EQ(std::get<std::vector<std::string>>(github.options.options.at("watch").value).at(0), "octo/hello");
  EXPECT_EQ(github.options.options.at("depth").place.text(), "c.toml:8:9");
  const PluginTable& mail = got.settings.sinks.at("mail");
  EXPECT_FALSE(mail.enabled);
  EXPECT_EQ(mail.plugin, "exec");
  EXPECT_EQ(mail.isolation, "host");
  EXPECT_EQ(mail.allow, (std::vector<std::string>{"network", "files:/srv/mail"}));
  EXPECT_EQ(mail.memory, 64u << 20);
  EXPECT_EQ(mail.call_timeout, seconds(2));
  EXPECT_EQ(mail.predicate, "type == \"x\"");
  EXPECT_EQ(mail.options.options.size(), 1u);
  EXPECT_EQ(got.settings.rule_tables.at("triage-it").options.size(), 1u);
}

TEST(ReadSettings, TellsAllThatIsWrongWithItsPlace) {
  const Read got = read(R"(colour = true
[htpp]
[http]
lisen = "x"
workers = "4"
max_streams = 1999-01-01
[log]
level = "warn"
[sources]
fs = 3
Bad = {}
[sources.docker]
nested = {a = 1}
mixed = [1, "a"]
isolation = "jail"
)");
  EXPECT_THAT(
      got.problems,
      ::testing::UnorderedElementsAre(
          "c.toml:1:1: unknown key 'colour'",
          HasSubstr("c.toml:2:2: unknown key 'htpp' (did you mean 'http'?)"),
          "c.toml:4:1: unknown key 'http.lisen' (did you mean 'listen'?)",
          "c.toml:5:11: 'http.workers' must be an integer, not a string",
          HasSubstr("c.toml:6:15: 'http.max_streams' cannot be a date"),
          "c.toml:8:9: 'log.level' cannot be 'warn' (one of debug, info, warning, error, off)",
          HasSubstr("'sources.fs' must be a table"), HasSubstr("'Bad' cannot be a name in 'sources'"),
          HasSubstr("'nested' cannot be a table"), HasSubstr("'mixed' cannot be a list of something else"),
          HasSubstr("source 'docker': 'isolation' cannot be 'jail'")));
  EXPECT_EQ(got.settings.http.workers, 16);
}

TEST(ReadSettings, WhatEverySinkCanBeToldIsNotThePlugins) {
  const Read got = read(R"([sinks.out]
batch = 10
retry_max_attempts = 5
retry_max_age = "1h"
from = "now"
own = 1
[sinks.usual]
[sources.in]
batch = 10
)");
  EXPECT_THAT(got.problems, ::testing::IsEmpty());
  const PluginTable& out = got.settings.sinks.at("out");
  EXPECT_EQ(out.sink.batch, 10);
  EXPECT_EQ(out.sink.retry_max_attempts, 5);
  EXPECT_EQ(out.sink.retry_max_age, std::chrono::hours(1));
  EXPECT_EQ(out.sink.from, "now");
  EXPECT_EQ(out.options.options.size(), 1u);
  EXPECT_EQ(got.settings.sinks.at("usual").sink.from, "beginning");
  EXPECT_EQ(got.settings.sources.at("in").options.options.size(), 1u) << "a source may have such an option";
  EXPECT_THAT(read("[sinks.out]\nbatch = 0\nfrom = \"then\"\nretry_max_attempts = -1\n").problems,
              ::testing::SizeIs(3));
}

TEST(ReadSettings, SaysWhereItIsNoToml) {
  EXPECT_THAT(read("[http]\nlisten = \n").problems, ElementsAre(HasSubstr("c.toml:2:")));
  EXPECT_THAT(read("a = 1\na = 2\n").problems, ElementsAre(HasSubstr("not TOML")));
  EXPECT_THAT(read("http = 3").problems, ElementsAre(HasSubstr("'http' must be a table")));
  EXPECT_THAT(read("sources = 3").problems, ElementsAre(HasSubstr("must have tables")));
  EXPECT_THAT(read("\xff").problems, ElementsAre(HasSubstr("c.toml:1:")));
}

// Found by fuzzing: names that the library itself only asserts.
TEST(ReadSettings, SurvivesBrokenNames) {
  EXPECT_EQ(read("[com]\na = \"x [h@p]\nl\xa2sten\"= \"1\"\n[pout =").problems.size(), 1u);
  EXPECT_EQ(read("[a\xa2]\n[pout =").problems.size(), 1u);
  EXPECT_THAT(read("[=").problems, ElementsAre(HasSubstr("c.toml: not TOML")));
  EXPECT_EQ(read("[http]\nlisten = 1\n[ = ]\n").problems.size(), 1u);
}

TEST(ReadSettings, SurvivesDeepNesting) {
  std::string deep = "a = ";
  deep += std::string(100'000, '[');
  EXPECT_EQ(read(deep).problems.size(), 1u);
}

TEST(ReadRule, ItsOptionsAreAtTheTop) {
  std::vector<Problem> problems;
  const Table rule = read_rule("when = \"true\"\ncommand = [\"/bin/x\"]\n", "r.toml", problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(rule.options.size(), 2u);
  EXPECT_EQ(rule.place.text(), "r.toml:1:1");
}

TEST(RuleName, IsAWord) {
  EXPECT_TRUE(is_rule_name("ci-failed_2"));
  for (const char* bad : {"", "A", "1a", "a.b", "a/b", "-a"}) EXPECT_FALSE(is_rule_name(bad)) << bad;
  EXPECT_FALSE(is_rule_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace bus::config
