#include "sources/fs/ignore.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sources/fs/filter.h"
#include "sources/fs/linux_disk.h"
#include "sources/fs/mirror.h"
#include "tests/support/temp_folder.h"

namespace bus::fs {
namespace {

namespace stdfs = std::filesystem;

TEST(Rules, TheLastMatchDecides) {
  const Rules rules("*.o\n!keep.o\nbuild/\n/top\na/b\n");
  EXPECT_EQ(rules.judge("x.o", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("d/x.o", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("d/keep.o", false), Verdict::kept);
  EXPECT_EQ(rules.judge("d/build", true), Verdict::ignored);
  EXPECT_EQ(rules.judge("d/build", false), Verdict::silent);
  EXPECT_EQ(rules.judge("top", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("d/top", false), Verdict::silent);
  EXPECT_EQ(rules.judge("a/b", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("d/a/b", false), Verdict::silent);
}

TEST(Rules, LinesAreReadAsGitReadsThem) {
  const Rules rules(
      "\xEF\xBB\xBF"
      "bom\n# no\n\\#yes\n\\!bang\nblank  \nkept\\ \ncr\r\n\nend");
  EXPECT_EQ(rules.judge("bom", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("# no", false), Verdict::silent);
  EXPECT_EQ(rules.judge("#yes", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("!bang", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("blank", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("kept ", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("kept", false), Verdict::silent);
  EXPECT_EQ(rules.judge("cr", false), Verdict::ignored);
  EXPECT_EQ(rules.judge("end", false), Verdict::ignored);
}

// A repository with random rules in random folders: what Filter and Mirror leave out is what `git
// check-ignore` names.
class AgainstGit : public ::testing::Test {
 protected:
  std::string pick(const std::vector<std::string>& from) { return from[random_() % from.size()]; }

  std::string pattern() {
    static const std::vector<std::string> kParts = {"a",   "b",           "ab",   "*",    "**",  "?",
                                                    "a*",  "*b",          "[ab]", "[!a]", "**b", "a**",
                                                    "\\a", "[[:alpha:]]", "abc",  "*.c"};
    std::string text = random_() % 4 == 0 ? "!" : "";
    if (random_() % 4 == 0) text += '/';
    const std::size_t parts = 1 + random_() % 3;
    for (std::size_t i = 0; i < parts; ++i) text += (i == 0 ? "" : "/") + pick(kParts);
    if (random_() % 4 == 0) text += '/';
    if (random_() % 10 == 0) text += pick({" ", "\\ ", "  ", "\r"});
    return text;
  }

  // Makes a tree of folders and files, with rules in some folders. Gives all paths.
  std::vector<std::string> make_tree(const stdfs::path& root) {
    static const std::vector<std::string> kNames = {"a", "b", "ab", "abc", "x.c", "a b", "ba"};
    std::vector<std::string> folders = {""}, all;
    for (int i = 0; i < 60; ++i) {
      std::string path = pick(folders);
      path += pick(kNames);
      if (stdfs::exists(root / path)) continue;
      if (random_() % 2 == 0) {
        stdfs::create_directory(root / path);
        folders.push_back(path);
        folders.back() += '/';
      } else {
        std::ofstream(root / path) << "x";
      }
      all.push_back(path);
    }
    for (const std::string& folder : folders) {
      if (!folder.empty() && random_() % 3 != 0) continue;
      std::ofstream rules(root / folder / ".gitignore");
      for (std::size_t i = 0; i <= random_() % 4; ++i) rules << pattern() << "\n";
      all.push_back(folder);
      all.back() += ".gitignore";
    }
    return all;
  }

  static std::set<std::string> ask_git(const std::string& root, const std::vector<std::string>& paths) {
    std::ofstream in(root + "/.git/paths", std::ios::binary);
    for (const std::string& path : paths) in << path << '\0';
    in.close();
    const std::string command = "cd '" + root +
                                "' && git -c core.excludesFile=/dev/null check-ignore --no-index -z " +
                                "--stdin < .git/paths";
    std::set<std::string> ignored;
    FILE* out = ::popen(command.c_str(), "r");
    std::string path;
    for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) {
      if (c != 0) {
        path += static_cast<char>(c);
      } else {
        ignored.insert(std::exchange(path, {}));
      }
    }
    ::pclose(out);
    return ignored;
  }

  static std::set<std::string> ask_us(const std::string& root, const std::string& below) {
    LinuxDisk disk(false);
    disk.open();
    Changes changes;
    MirrorSettings settings;
    settings.root = root + below;
    Mirror mirror(disk, settings, changes);
    EXPECT_TRUE(mirror.begin(true));
    while (mirror.step(1000, 0)) {
    }
    std::set<std::string> seen;
    for (const Change& change : changes.take(0)) seen.insert(change.path);
    return seen;
  }

  std::mt19937 random_{std::random_device()()};
};

TEST_F(AgainstGit, TheSameIsIgnored) {
  if (std::system("git --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "there is no git";
  ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
  for (int round = 0; round < 20; ++round) {
    const testing::TempFolder folder;
    ASSERT_EQ(std::system(("git init -q '" + folder.path() + "'").c_str()), 0);
    const auto paths = make_tree(folder.path());
    if (round % 2 == 0) std::ofstream(folder / ".git/info/exclude") << pattern() << "\n" << pattern() << "\n";
    const auto ignored = ask_git(folder.path(), paths);
    const auto seen = ask_us(folder.path(), "");
    std::string rules;
    for (const std::string& path : paths) {
      if (!path.ends_with(".gitignore")) continue;
      std::ifstream in(folder / path);
      rules += path + ":\n" + std::string(std::istreambuf_iterator<char>(in), {});
    }
    for (const std::string& path : paths) {
      EXPECT_NE(seen.count(path), ignored.count(path)) << path << "\n" << rules;
    }
    // From a folder within, what is above it counts as well.
    for (const std::string& path : paths) {
      if (!stdfs::is_directory(folder / path) || ignored.count(path) != 0) continue;
      const auto below = ask_us(folder.path(), "/" + path);
      for (const std::string& other : paths) {
        if (!other.starts_with(path + "/")) continue;
        EXPECT_NE(below.count(other.substr(path.size() + 1)), ignored.count(other)) << other << "\n" << rules;
      }
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace bus::fs
