#include "core/config/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"
#include "tests/unit/config/problems.h"

namespace bus::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;

void put(const std::string& path, std::string_view text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

Lookup variables(std::map<std::string, std::string, std::less<>> all) {
  return [all = std::move(all)](std::string_view name) -> std::optional<std::string> {
    const auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(Load, NoFileIsTheDefaults) {
  const TempFolder folder;
  const Loaded loaded = load({.file = folder / "config.toml", .rules_folder = folder / "rules.d"});
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.settings.http.listen, "127.0.0.1:9000");
}

TEST(Load, AFileTheUserNamedMustBeThere) {
  const TempFolder folder;
  const Loaded loaded = load({.file = folder / "mine.toml", .file_required = true});
  EXPECT_THAT(lines(loaded.problems), ElementsAre(HasSubstr("mine.toml")));
}

TEST(Load, FlagOverEnvironmentOverFileOverDefault) {
  const TempFolder folder;
  put(folder / "config.toml",
      "[http]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"debug\"\nformat = \"text\"\n");
  Sources sources{.file = folder / "config.toml"};
  sources.environment = variables({{"BUS_LISTEN", "127.0.0.1:2"}, {"BUS_LOG_LEVEL", "error"}});
  sources.flags = {{"http.listen", "127.0.0.1:3"}};
  const Loaded loaded = load(sources);
  ASSERT_TRUE(loaded.ok()) << to_error(loaded.problems).message;
  const Settings& s = loaded.settings;
  EXPECT_EQ(s.http.listen, "127.0.0.1:3");
  EXPECT_EQ(s.origin("http.listen"), Origin::flag);
  EXPECT_EQ(s.log.level, "error");
  EXPECT_EQ(s.origin("log.level"), Origin::environment);
  EXPECT_EQ(s.place("log.level").text(), "environment variable BUS_LOG_LEVEL");
  EXPECT_EQ(s.log.format, "text");
  EXPECT_EQ(s.origin("log.format"), Origin::file);
  EXPECT_EQ(s.origin("http.workers"), Origin::builtin);
}

TEST(Load, TellsAllProblemsOfAllSources) {
  Sources sources;
  sources.environment = variables({{"BUS_LISTEN", "nowhere"}});
  sources.flags = {{"http.lisen", "x"}, {"http.workers", "0"}};
  const Loaded loaded = load_text("bad_key = 1\n", "c.toml", sources);
  EXPECT_THAT(lines(loaded.problems),
              ElementsAre("c.toml:1:1: unknown key 'bad_key'",
                          "flag for http.lisen: unknown key 'http.lisen' (did you mean 'http.listen'?)",
                          "flag for http.workers: 'http.workers' must be from 1 to 1024",
                          HasSubstr("environment variable BUS_LISTEN: http.listen is no address and port")));
}

TEST(Load, AFileOthersCanWriteIsRefused) {
  const TempFolder folder;
  put(folder / "config.toml", "[http]\n", 0666);
  const Loaded loaded = load({.file = folder / "config.toml"});
  EXPECT_THAT(lines(loaded.problems), ElementsAre(HasSubstr("can be written by others")));
  std::filesystem::create_directory(folder / "folder.toml");
  EXPECT_THAT(lines(load({.file = folder / "folder.toml"}).problems),
              ElementsAre(HasSubstr("is not a file")));
}

TEST(Load, AHugeFileIsRefused) {
  const TempFolder folder;
  put(folder / "config.toml", std::string(kMaxFile + 1, '#'));
  EXPECT_THAT(lines(load({.file = folder / "config.toml"}).problems), ElementsAre(HasSubstr("larger than")));
}

TEST(Load, EachFileOfRulesIsARule) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "rules.d");
  put(folder / "rules.d/b-rule.toml", "when = \"true\"\n");
  put(folder / "rules.d/a.toml", "when = \"false\"\n");
  put(folder / "rules.d/notes.txt", "not mine");
  put(folder / "rules.d/Bad Name.toml", "");
  put(folder / "config.toml", "[rule.a]\nwhen = \"true\"\n");
  const Loaded loaded = load({.file = folder / "config.toml", .rules_folder = folder / "rules.d"});
  EXPECT_THAT(lines(loaded.problems), ElementsAre(HasSubstr("'Bad Name' cannot be a rule's name"),
                                                  HasSubstr("rule 'a' is already at")));
  EXPECT_EQ(loaded.settings.rule_tables.size(), 2u);
  EXPECT_EQ(loaded.settings.rule_tables.at("b-rule").place.text(), (folder / "rules.d/b-rule.toml") + ":1:1");
}

}  // namespace
}  // namespace bus::config
