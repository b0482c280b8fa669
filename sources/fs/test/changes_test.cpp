#include "sources/fs/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bus::fs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ChangesTest : public ::testing::Test {
 protected:
  void create(const std::string& path, Type type = Type::file) {
    changes.created(path, type, Why::none, false, 0);
  }
  void remove(const std::string& path, Type type = Type::file) { changes.deleted(path, type, Why::none); }
  void move(const std::string& from, const std::string& to, bool over = false, Type type = Type::file) {
    changes.renamed(from, to, type, over);
  }
  std::vector<std::string> take(std::int64_t now = 0) {
    static constexpr const char* kWords[] = {"created ", "modified ", "deleted ", "renamed "};
    std::vector<std::string> text;
    for (const Change& change : changes.take(now)) {
      const std::string from = change.what == What::renamed ? change.from + " " : "";
      text.push_back(kWords[static_cast<int>(change.what)] + from + change.path);
    }
    return text;
  }

  Changes changes;
};

TEST_F(ChangesTest, ComeInTheirOrderOnce) {
  create("a");
  changes.modified("b", Type::file);
  remove("c");
  move("d", "e");
  EXPECT_EQ(changes.ready(), 4u);
  EXPECT_THAT(take(), ElementsAre("created a", "modified b", "deleted c", "renamed d e"));
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(ChangesTest, CreatedAndModifiedIsCreated) {
  create("a");
  changes.modified("a", Type::file);
  EXPECT_THAT(take(), ElementsAre("created a"));
}

TEST_F(ChangesTest, CreatedAndDeletedIsNothing) {
  create("a");
  changes.modified("a", Type::file);
  remove("a");
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(ChangesTest, DeletedAndCreatedIsModified) {
  remove("a");
  create("a");
  EXPECT_THAT(take(), ElementsAre("modified a"));
}

TEST_F(ChangesTest, AFileForAFolderIsBoth) {
  remove("a");
  create("a", Type::folder);
  EXPECT_THAT(take(), ElementsAre("deleted a", "created a"));
}

TEST_F(ChangesTest, AnAtomicSaveIsModified) {
  create("a.tmp");
  move("a.tmp", "a", true);
  EXPECT_THAT(take(), ElementsAre("modified a"));
}

TEST_F(ChangesTest, AnAtomicSaveOfANewFileIsCreated) {
  create("a.tmp");
  move("a.tmp", "a");
  EXPECT_THAT(take(), ElementsAre("created a"));
}

TEST_F(ChangesTest, SavesInARowAreOneModified) {
  for (int i = 0; i < 3; ++i) {
    create("a.tmp");
    move("a.tmp", "a", true);
  }
  EXPECT_THAT(take(), ElementsAre("modified a"));
}

TEST_F(ChangesTest, VimWithABackupIsModified) {
  create("4913");
  remove("4913");
  move("a", "a~");
  create("a");
  changes.modified("a", Type::file);
  remove("a~");
  EXPECT_THAT(take(), ElementsAre("modified a"));
}

TEST_F(ChangesTest, ABackupThatStaysIsTold) {
  move("a", "a~");
  create("a");
  EXPECT_THAT(take(), ElementsAre("created a~", "modified a"));
  move("a", "a~", true);
  create("a");
  EXPECT_THAT(take(), ElementsAre("modified a~", "modified a"));
}

TEST_F(ChangesTest, RenamesInARowAreOne) {
  move("a", "b");
  move("b", "c");
  EXPECT_THAT(take(), ElementsAre("renamed a c"));
  move("a", "b");
  move("b", "a");
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(ChangesTest, RenamedAndDeletedIsDeleted) {
  move("a", "b");
  remove("b");
  EXPECT_THAT(take(), ElementsAre("deleted a"));
  move("a", "b", true);
  remove("b");
  EXPECT_THAT(take(), ElementsAre("deleted a", "deleted b"));
}

TEST_F(ChangesTest, WhatWasModifiedAndRenamedIsBoth) {
  changes.modified("a", Type::file);
  move("a", "b");
  EXPECT_THAT(take(), ElementsAre("modified a", "renamed a b"));
  move("a", "b");
  changes.modified("b", Type::file);
  EXPECT_THAT(take(), ElementsAre("renamed a b", "modified b"));
}

TEST_F(ChangesTest, AFoldersRenameEndsTheFolding) {
  create("d/x");
  move("d", "e", false, Type::folder);
  remove("e/x");
  EXPECT_THAT(take(), ElementsAre("created d/x", "renamed d e", "deleted e/x"));
}

TEST_F(ChangesTest, AnOpenFileIsHeldBackUntilItIsClosed) {
  changes.created("a", Type::file, Why::none, true, 1000);
  create("b");
  EXPECT_EQ(changes.held(), 1u);
  EXPECT_EQ(changes.due(), 1000 + Changes::kPatience);
  EXPECT_THAT(take(2000), ElementsAre("created b"));
  changes.modified("a", Type::file);
  EXPECT_EQ(changes.held(), 0u);
  EXPECT_THAT(take(2000), ElementsAre("created a"));
}

TEST_F(ChangesTest, AFileThatStaysOpenIsToldInTheEnd) {
  changes.created("a", Type::file, Why::none, true, 1000);
  EXPECT_THAT(take(1000 + Changes::kPatience), ElementsAre("created a"));
  EXPECT_EQ(changes.due(), std::nullopt);
}

TEST_F(ChangesTest, AnOpenFileThatIsDeletedWasNothing) {
  changes.created("a", Type::file, Why::none, true, 1000);
  remove("a");
  EXPECT_EQ(changes.due(), std::nullopt);
  EXPECT_THAT(take(INT64_MAX), IsEmpty());
}

TEST_F(ChangesTest, TheVersionSaysThatThereIsSomethingElse) {
  std::uint64_t version = changes.version();
  changes.closed("a");
  EXPECT_EQ(changes.version(), version);
  changes.created("a", Type::file, Why::none, true, 0);
  EXPECT_GT(changes.version(), version);
  version = changes.version();
  changes.closed("a");
  EXPECT_GT(changes.version(), version);
}

}  // namespace
}  // namespace bus::fs
