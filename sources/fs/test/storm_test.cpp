// The real file system and inotify: whatever is done to a tree, the set of paths that is known from the
// changes is what a fresh look finds. The random ones print their seed; BUS_SEED sets it.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sources/fs/changes.h"
#include "sources/fs/linux_disk.h"
#include "sources/fs/mirror.h"
#include "tests/support/temp_folder.h"

namespace bus::fs {
namespace {

namespace stdfs = std::filesystem;

// A root that is watched, and what a reader of its changes knows.
class Watched {
 public:
  explicit Watched(std::string root, const FilterSettings& filter = {})
      : root_(std::move(root)), filter_(filter), disk_(false), mirror_(disk_, settings(filter), changes_) {
    EXPECT_EQ(disk_.open(), 0);
    EXPECT_TRUE(mirror_.begin(false));
    while (mirror_.step(100, now_)) {
    }
    known_ = fresh();
  }

  // Takes what is there. `some`: only a part of it, as it is while a storm blows.
  void take(bool some) {
    for (int i = 0; i < 1000; ++i) {
      now_ += 1000;
      const bool all = disk_.read([&](const Raw& raw) { mirror_.take(raw, now_); }, some ? 7 : 5000);
      if (mirror_.take_overflow()) ++overflows_, mirror_.look_again();
      const bool more = mirror_.step(some ? 3 : 5000, now_);
      if (some) break;
      if (all && !more) {
        now_ += Mirror::kHalfMove;
        mirror_.settle(now_);
        if (!mirror_.scanning()) break;
      }
    }
    apply(changes_.take(some ? now_ : INT64_MAX));
    last_.push_back({What::modified, Type::other, Why::none, "----", ""});
  }

  void apply(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      last_.push_back(change);
      if (change.what == What::deleted) {
        known_.erase(change.path);
      } else if (change.what == What::renamed) {
        rename(change.from, change.path);
      } else {
        known_.insert(change.path);
      }
    }
  }

  std::set<std::string> fresh() const {
    Changes changes;
    LinuxDisk disk(false);
    disk.open();
    Mirror mirror(disk, settings(filter_), changes);
    mirror.begin(true);
    while (mirror.step(5000, 0)) {
    }
    std::set<std::string> paths;
    for (const Change& change : changes.take(INT64_MAX)) paths.insert(change.path);
    return paths;
  }
  const std::set<std::string>& known() const { return known_; }
  // What the tree itself has.
  std::set<std::string> mirrored() const {
    std::set<std::string> paths;
    collect(kRoot, paths);
    return paths;
  }
  // What was told since it was last asked.
  std::vector<Change> last() { return std::exchange(last_, {}); }
  // The last changes that were told.
  std::string story() const {
    static constexpr const char* kWords[] = {"created", "modified", "deleted", "renamed"};
    std::string text;
    for (std::size_t i = last_.size() < 200 ? 0 : last_.size() - 200; i < last_.size(); ++i) {
      const Change& change = last_[i];
      text.append(kWords[static_cast<int>(change.what)]).append(change.type == Type::folder ? "/ " : " ");
      text.append(change.from).append(" ").append(change.path).append("\n");
    }
    return text;
  }
  const Mirror& mirror() const { return mirror_; }
  std::size_t overflows() const { return overflows_; }

 private:
  void collect(NodeId folder, std::set<std::string>& into) const {
    const Tree& tree = mirror_.tree();
    for (NodeId node = tree.first(folder); node != kNoNode; node = tree.next(node)) {
      std::string path;
      if (tree.path(node, path)) into.insert(path);
      if (tree.type(node) == Type::folder) collect(node, into);
    }
  }
  MirrorSettings settings(const FilterSettings& filter) const {
    MirrorSettings made;
    made.root = root_;
    made.filter = filter;
    return made;
  }
  // A folder takes along what is in it.
  void rename(const std::string& from, const std::string& to) {
    std::set<std::string> moved;
    for (auto at = known_.begin(); at != known_.end();) {
      if (*at == from || at->starts_with(from + "/")) {
        moved.insert(to + at->substr(from.size()));
        at = known_.erase(at);
      } else {
        ++at;
      }
    }
    known_.merge(moved);
  }

  const std::string root_;
  const FilterSettings filter_;
  LinuxDisk disk_;
  Changes changes_;
  Mirror mirror_;
  std::set<std::string> known_;
  std::vector<Change> last_;
  std::size_t overflows_ = 0;
  std::int64_t now_ = 1;
};

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// Does something to a tree, with a few names so that it collides often.
class Storm {
 public:
  Storm(std::string root, unsigned seed, bool rules) : root_(std::move(root)), random_(seed), rules_(rules) {}

  void blow() {
    const std::string a = path(), b = path();
    std::error_code failure;
    switch (random_() % (rules_ ? 11u : 9u)) {
      case 0:
        stdfs::create_directories(a, failure);
        break;
      case 1:
      case 2:
        write(a, std::to_string(random_()));
        break;
      case 3:
        stdfs::remove_all(a, failure);
        break;
      case 4:
      case 5:
        ::rename(a.c_str(), b.c_str());
        break;
      case 6:
        write(a + ".tmp", "new");
        ::rename((a + ".tmp").c_str(), b.c_str());
        break;
      case 7:
        (void)!::symlink("x", a.c_str());
        break;
      case 8:
        (void)!::link(a.c_str(), b.c_str());
        break;
      case 9:
        write(a + "/.gitignore", random_() % 2 == 0 ? "b\n*.tmp\n" : "/c\n!a\n");
        break;
      default:
        stdfs::remove(a + "/.gitignore", failure);
        break;
    }
  }
  unsigned next() { return static_cast<unsigned>(random_()); }

 private:
  std::string path() {
    std::string made = root_;
    const unsigned depth = 1 + static_cast<unsigned>(random_() % 4);
    for (unsigned i = 0; i < depth; ++i) made.append("/").push_back(static_cast<char>('a' + random_() % 4));
    return made;
  }

  const std::string root_;
  std::mt19937 random_;
  const bool rules_;
};

unsigned seed() {
  const char* set = std::getenv("BUS_SEED");
  return set != nullptr ? static_cast<unsigned>(std::strtoul(set, nullptr, 10)) : std::random_device()();
}

std::string differences(const std::set<std::string>& have, const std::set<std::string>& want) {
  std::string text;
  for (const std::string& path : have) text += want.count(path) == 0 ? " +" + path : "";
  for (const std::string& path : want) text += have.count(path) == 0 ? " -" + path : "";
  return text;
}

// The tree is like the disk, and so is what a reader of the changes knows.
void expect_all_known(const Watched& watched) {
  EXPECT_EQ(differences(watched.mirrored(), watched.fresh()), "");
  EXPECT_EQ(differences(watched.known(), watched.fresh()), "") << watched.story();
}

class RandomStorm : public ::testing::TestWithParam<bool> {};

TEST_P(RandomStorm, LeavesNothingUnknown) {
  for (int round = 0; round < 6; ++round) {
    const unsigned number = seed();
    SCOPED_TRACE("BUS_SEED=" + std::to_string(number));
    const testing::TempFolder folder;
    Storm storm(folder.path(), number, GetParam());
    for (int i = 0; i < 30; ++i) storm.blow();
    Watched watched(folder.path());
    for (int i = 0; i < 800; ++i) {
      storm.blow();
      if (storm.next() % 3 == 0) watched.take(true);
      if (storm.next() % 100 == 0) {
        watched.take(false);
        expect_all_known(watched);
        if (HasFailure()) return;
      }
    }
    watched.take(false);
    expect_all_known(watched);
    if (HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(Storms, RandomStorm, ::testing::Values(false, true),
                         [](const auto& one) { return one.param ? "WithRules" : "Plain"; });

// What people's tools do.
class RealStorm : public ::testing::Test {
 protected:
  static bool there_is(const std::string& program) {
    return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
  }
  void shell(const std::string& script) {
    const std::string command =
        "cd '" + folder.path() + "' && { " + script + "; } > /dev/null 2>&1 < /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << script;
  }
  void blow(Watched& watched, const std::string& script) {
    shell(script);
    watched.take(false);
    expect_all_known(watched);
  }
  static std::string told(Watched& watched) {
    static constexpr const char* kWords[] = {"created", "modified", "deleted", "renamed"};
    std::string text;
    for (const Change& change : watched.last()) {
      if (change.path == "----") continue;
      text.append(text.empty() ? "" : ", ").append(kWords[static_cast<int>(change.what)]).append(" ");
      text.append(change.from).append(change.from.empty() ? "" : " ").append(change.path);
    }
    return text;
  }
  static constexpr const char* kGit = "git -c user.name=n -c user.email=e -c core.excludesFile=/dev/null ";

  const testing::TempFolder folder;
};

TEST_F(RealStorm, GitCheckouts) {
  if (!there_is("git")) GTEST_SKIP() << "there is no git";
  const std::string git = kGit;
  shell(
      "mkdir r && cd r && git init -q && for i in $(seq 300); do mkdir -p d$((i%20))/e$((i%7)); echo $i > "
      "d$((i%20))/e$((i%7))/f$i; done; echo '*.o' > .gitignore; git add . && " +
      git +
      "commit -qm 1 && git branch one && "
      "git rm -rq d1 d2 d3 && mv d4 moved && for i in $(seq 50); do echo new > d5/n$i; done; echo '*.n' > "
      ".gitignore; mkdir d1; echo file > d2; git add . && " +
      git + "commit -qm 2 && git branch two");
  Watched watched(folder / "r");
  for (int i = 0; i < 3; ++i) {
    blow(watched, "cd r && git checkout -q one && touch x.o x.n && git stash -uq || true");
    blow(watched, "cd r && git checkout -q two && git checkout -q one && git checkout -q two");
    blow(watched, "cd r && git clean -fdxq && git reset -q --hard one");
  }
}

TEST_F(RealStorm, VimSavesAreOneModified) {
  if (!there_is("vim")) GTEST_SKIP() << "there is no vim";
  shell("mkdir r && echo old > r/a");
  for (const char* set : {"set bsk= nobackup nowritebackup", "set bsk= nobackup writebackup backupcopy=no",
                          "set bsk= nobackup writebackup backupcopy=yes", "set bsk= nobackup writebackup"}) {
    Watched watched(folder / "r");
    blow(watched, std::string("vim -u NONE -es -c '") + set + "' -c 'normal omore' -c wq r/a");
    EXPECT_EQ(told(watched), "modified a") << set;
  }
  Watched watched(folder / "r");
  blow(watched, "vim -u NONE -es -c 'set bsk= backup writebackup backupcopy=no' -c 'normal omore' -c wq r/a");
  EXPECT_EQ(told(watched), "created a~, modified a");
}

// What vim does, where there is none.
TEST_F(RealStorm, TheWritePatternOfEditors) {
  shell("mkdir r && echo old > r/a");
  Watched watched(folder / "r");
  blow(watched, "cd r && touch 4913 && rm 4913 && mv a a~ && echo new > a && rm a~");
  EXPECT_EQ(told(watched), "modified a");
  blow(watched, "cd r && echo new > .a.swp && mv .a.swp a");
  EXPECT_EQ(told(watched), "modified a");
  blow(watched, "cd r && rm a && echo newer > a");
  EXPECT_EQ(told(watched), "modified a");
  blow(watched, "cd r && ln a a.orig && echo newest > a.new && mv a.new a && rm a.orig");
  EXPECT_EQ(told(watched), "modified a");
}

TEST_F(RealStorm, Rsync) {
  if (!there_is("rsync")) GTEST_SKIP() << "there is no rsync";
  shell(
      "mkdir -p from r && for i in $(seq 200); do mkdir -p from/d$((i%9)); echo $i > from/d$((i%9))/f$i; "
      "done");
  Watched watched(folder / "r");
  blow(watched, "rsync -a from/ r/");
  shell("echo changed > from/d1/f1; rm -r from/d2; mv from/d3 from/d30; touch -d '2001-01-01' from/d4/f4");
  (void)watched.last();
  blow(watched, "rsync -a --delete --delay-updates from/ r/");
  blow(watched, "rsync -a --inplace from/ r/ && rsync -a --delete /nonexistent r/ || rm -rf r/*");
}

TEST_F(RealStorm, TreesThatMove) {
  shell(
      "mkdir -p r/a/b/c out && for i in $(seq 300); do mkdir -p r/a/b/d$((i%30)); echo $i > "
      "r/a/b/d$((i%30))/f$i; done");
  Watched watched(folder / "r");
  blow(watched, "mv r/a r/z");
  EXPECT_EQ(told(watched), "renamed a z");
  blow(watched, "mv r/z out/z && mkdir r/z && echo x > r/z/x");
  blow(watched, "mv out/z r/y && mv r/y/b r/b && mv r/b r/z/b && mv r/z r/y/z && mv r/y r/a");
  blow(watched, "echo x > r/a/z/b/d1/f1 && mv r/a/z/b r/b && echo y > r/b/d1/new && mv r/b out/b");
  blow(watched,
       "cp -r out/b r/one && cp -r out/b r/two && mv r/one r/three && rm -r r/two && mv r/three r/two");
}

TEST_F(RealStorm, MkdirP) {
  shell("mkdir r");
  Watched watched(folder / "r");
  blow(watched, "for i in $(seq 100); do mkdir -p r/$i/a/b/c/d && echo x > r/$i/a/b/c/d/f; done");
  blow(watched, "rm -r r/*");
  EXPECT_TRUE(watched.known().empty());
}

TEST_F(RealStorm, MoreThanTheKernelsQueueHolds) {
  shell("mkdir r");
  Watched watched(folder / "r");
  for (int i = 0; i < 20'000; ++i) write(folder / ("r/file-" + std::to_string(i)), "x");
  watched.take(false);
  EXPECT_GT(watched.overflows(), 0u);
  expect_all_known(watched);
  EXPECT_EQ(watched.known().size(), 20'000u);
}

TEST_F(RealStorm, NamesAreBytes) {
  shell("mkdir r");
  Watched watched(folder / "r");
  const std::string names[] = {"\xff\xfe",       "new\nline", "\x1b[31m", std::string(255, 'x'),
                               "tab\t\"quote\"", "\\"};
  for (const std::string& name : names) write(folder / ("r/" + name), "x");
  watched.take(false);
  expect_all_known(watched);
  EXPECT_EQ(watched.known().size(), std::size(names));
}

}  // namespace
}  // namespace bus::fs
