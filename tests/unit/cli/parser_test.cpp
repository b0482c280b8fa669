#include "core/cli/parser.h"

#include <gmock/gmock.h>

#include "tests/unit/cli/say.h"

namespace bus::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Error refused(std::string_view verb, const std::vector<std::string>& words) {
  auto arguments = say(verb, words);
  return arguments ? error(Code::fault, "it was taken") : arguments.error();
}

TEST(Parser, OptionsAndPositionalsInAnyOrder) {
  const Arguments arguments = said("wait", {"--timeout", "5s", "type == \"a\"", "--json", "--since=10m"});
  EXPECT_THAT(arguments.positionals(), ElementsAre("type == \"a\""));
  EXPECT_EQ(arguments.get("timeout"), "5s");
  EXPECT_EQ(arguments.get("since"), "10m");
  EXPECT_TRUE(arguments.has("json"));
}

TEST(Parser, WhatStandsBehindTheMarkIsTheCommands) {
  const Arguments arguments =
      said("on", {"true", "--timeout", "1s", "--", "./run", "--timeout", "9s", "--json", "--", "-q"});
  EXPECT_EQ(arguments.get("timeout"), "1s");
  EXPECT_FALSE(arguments.has("json"));
  EXPECT_THAT(arguments.rest(), ElementsAre("./run", "--timeout", "9s", "--json", "--", "-q"));
}

TEST(Parser, EmptyWordsOfTheCommandStay) {
  EXPECT_THAT(said("on", {"true", "--", "./run", "", "$HOME", "*"}).rest(),
              ElementsAre("./run", "", "$HOME", "*"));
}

TEST(Parser, RepeatedAndListedValues) {
  const Arguments arguments =
      said("emit", {"--type", "a", "--task", "id=x", "state=running", "--key", "k", "--task", "kind=run"});
  EXPECT_THAT(arguments.all("task"), ElementsAre("id=x", "state=running", "kind=run"));
  EXPECT_EQ(arguments.get("key"), "k");
  EXPECT_THAT(said("wait", {"--source", "a", "--source", "b"}).all("source"), ElementsAre("a", "b"));
}

TEST(Parser, WordsAreNotTakenApart) {
  EXPECT_THAT(said("expr", {"[1, 2]"}).positionals(), ElementsAre("[1, 2]"));
  EXPECT_THAT(said("emit", {"{\"a\": [1, 2]}"}).positionals(), ElementsAre("{\"a\": [1, 2]}"));
  EXPECT_THAT(said("wait", {"--all-of", "[1][0] == 1"}).all("all-of"), ElementsAre("[1][0] == 1"));
  EXPECT_THAT(said("emit", {"-"}).positionals(), ElementsAre("-"));
}

TEST(Parser, ValuesCanBeEmptyOrBeginWithADash) {
  const Arguments arguments = said("emit", {"--type", "a", "--summary=", "--scope=-x"});
  EXPECT_EQ(arguments.get("summary"), "");
  EXPECT_EQ(arguments.get("scope"), "-x");
  EXPECT_EQ(said("emit", {"--data", "-", "--type", "a"}).get("data"), "-");
}

TEST(Parser, UnknownOptionNamesTheNearest) {
  EXPECT_EQ(refused("emit", {"--typ", "a"}).message, "unknown option --typ");
  EXPECT_EQ(refused("emit", {"--typ", "a"}).hint, "did you mean --type?");
  EXPECT_EQ(refused("wait", {"--timout=3s", "true"}).hint, "did you mean --timeout?");
  EXPECT_THAT(refused("emit", {"--zzzzzzzz"}).hint, HasSubstr("bus help emit"));
  EXPECT_EQ(refused("emit", {"-x"}).message, "unknown option -x");
}

TEST(Parser, MissingAndSurplusWords) {
  EXPECT_EQ(refused("events show", {}).message, "EVENT is missing");
  EXPECT_EQ(refused("events show", {"1", "2"}).message, "unexpected '2'");
  EXPECT_EQ(refused("on", {"true", "true"}).hint, "put -- in front of the command");
  EXPECT_EQ(refused("wait", {"--timeout"}).message, "--timeout needs a value");
  EXPECT_EQ(refused("wait", {"true", "--since", "--json"}).message, "--since needs a value");
  EXPECT_EQ(refused("emit", {"--type", "a", "--type", "b"}).message, "--type was given more than once");
}

TEST(Parser, HelpNeedsNothingElse) {
  EXPECT_TRUE(said("events show", {"-h"}).has("help"));
}

TEST(Parser, OnlyVerbsThatReachTheHostTakeNoAutostart) {
  EXPECT_TRUE(said("status", {"--no-autostart"}).has("no-autostart"));
  EXPECT_EQ(refused("version", {"--no-autostart"}).message, "unknown option --no-autostart");
}

}  // namespace
}  // namespace bus::cli
