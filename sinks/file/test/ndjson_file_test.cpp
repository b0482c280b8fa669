#include "sinks/file/ndjson_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "sinks/file/rotation.h"
#include "sinks/file/test/lines.h"
#include "tests/support/temp_folder.h"

namespace bus::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NdjsonFileTest : public ::testing::Test {
 protected:
  Status append(NdjsonFile& file, std::uint64_t first, std::uint64_t last) {
    return file.append(event_lines(first, last), {last, id_of(last)});
  }

  testing::TempFolder folder_;
  std::string path_ = folder_ / "events.ndjson";
};

// Files of this process end at `bytes` while it lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    before_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{bytes, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    ::signal(SIGXFSZ, before_);
  }

 private:
  rlimit limit_{};
  void (*before_)(int);
};

TEST_F(NdjsonFileTest, MakesAFileForItsOwnerOnly) {
  NdjsonFile file(path_, true);
  ASSERT_TRUE(file.open(0).ok());
  EXPECT_FALSE(file.last());
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_TRUE(append(file, 1, 2).ok());
  EXPECT_EQ(contents(path_), event_lines(1, 2));
}

TEST_F(NdjsonFileTest, CutsOffATornEndAndGoesOn) {
  put_contents(path_, event_lines(1, 2) + "{\"seq\":3,\"id");
  NdjsonFile file(path_, true);
  ASSERT_TRUE(file.open(1).ok());
  EXPECT_EQ(file.last()->seq, 2u);
  EXPECT_EQ(file.torn(), 12u);
  EXPECT_TRUE(append(file, 3, 3).ok());
  EXPECT_EQ(contents(path_), event_lines(1, 3));
}

TEST_F(NdjsonFileTest, LeavesAForeignFileAlone) {
  for (const std::string& bytes : {std::string("dear diary\n"), std::string("\x7f"
                                                                            "ELF\0\0\0",
                                                                            7)}) {
    put_contents(path_, bytes);
    NdjsonFile file(path_, true);
    const Status opened = file.open(0);
    EXPECT_EQ(opened.code(), Code::invalid);
    EXPECT_THAT(opened.message(), HasSubstr("not an event of ours"));
    EXPECT_EQ(contents(path_), bytes);
  }
}

TEST_F(NdjsonFileTest, RefusesWhatIsNoFile) {
  put_contents(folder_ / "target", "");
  std::filesystem::create_symlink("target", path_);
  EXPECT_EQ(NdjsonFile(path_, true).open(0).code(), Code::invalid);
  EXPECT_EQ(NdjsonFile(folder_.path(), true).open(0).code(), Code::invalid);
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(NdjsonFile(folder_ / "fifo", true).open(0).code(), Code::invalid);
  EXPECT_EQ(NdjsonFile("/dev/full", true).open(0).code(), Code::invalid);
}

TEST_F(NdjsonFileTest, AMissingFolderMayComeLater) {
  NdjsonFile file(folder_ / "later/events.ndjson", true);
  const Status opened = file.open(0);
  EXPECT_EQ(opened.code(), Code::unavailable);
  EXPECT_THAT(opened.message(), HasSubstr("does not exist"));
  std::filesystem::create_directory(folder_ / "later");
  EXPECT_TRUE(file.open(0).ok());
}

TEST_F(NdjsonFileTest, TwoOnOnePathDoNotMix) {
  NdjsonFile first(path_, true), second(path_, true);
  ASSERT_TRUE(first.open(0).ok());
  const Status opened = second.open(0);
  EXPECT_EQ(opened.code(), Code::unavailable);
  EXPECT_THAT(opened.message(), HasSubstr("in use"));
  first.close();
  EXPECT_TRUE(second.open(0).ok());
}

TEST_F(NdjsonFileTest, AFullDiskLeavesWholeLinesAndIsTriedAgain) {
  NdjsonFile file(path_, true);
  ASSERT_TRUE(file.open(0).ok());
  ASSERT_TRUE(append(file, 1, 2).ok());
  {
    const FullDisk full(event_lines(1, 2).size() + 10);
    const Status written = append(file, 3, 5);
    EXPECT_EQ(written.code(), Code::unavailable);
    EXPECT_THAT(written.message(), HasSubstr("no space"));
    EXPECT_EQ(contents(path_), event_lines(1, 2));
    EXPECT_EQ(file.last()->seq, 2u);
  }
  EXPECT_TRUE(append(file, 3, 5).ok());
  EXPECT_EQ(contents(path_), event_lines(1, 5));
}

TEST_F(NdjsonFileTest, AFileMovedAwayIsFollowedByANewOne) {
  NdjsonFile file(path_, true);
  ASSERT_TRUE(file.open(0).ok());
  ASSERT_TRUE(append(file, 1, 2).ok());
  std::filesystem::rename(path_, path_ + ".1");
  EXPECT_TRUE(append(file, 3, 3).ok());
  EXPECT_EQ(contents(path_ + ".1"), event_lines(1, 2));
  EXPECT_EQ(contents(path_), event_lines(3, 3));
  std::filesystem::remove(path_);
  EXPECT_TRUE(append(file, 4, 4).ok());
  EXPECT_EQ(contents(path_), event_lines(4, 4));
}

TEST_F(NdjsonFileTest, ATruncatedFileGrowsFromItsNewEnd) {
  NdjsonFile file(path_, true);
  ASSERT_TRUE(file.open(0).ok());
  ASSERT_TRUE(append(file, 1, 5).ok());
  std::filesystem::resize_file(path_, 0);
  EXPECT_TRUE(append(file, 6, 6).ok());
  EXPECT_EQ(contents(path_), event_lines(6, 6));
  EXPECT_EQ(file.last()->seq, 6u);
}

TEST_F(NdjsonFileTest, WhatSomebodyAppendedMeanwhileStopsIt) {
  NdjsonFile file(path_, true);
  ASSERT_TRUE(file.open(0).ok());
  ASSERT_TRUE(append(file, 1, 1).ok());
  put_contents(path_, event_lines(1, 1) + "note to self\n");
  EXPECT_EQ(append(file, 2, 2).code(), Code::invalid);
  EXPECT_EQ(contents(path_), event_lines(1, 1) + "note to self\n");
  put_contents(path_, event_lines(1, 1));
  EXPECT_TRUE(append(file, 2, 2).ok());
  EXPECT_EQ(contents(path_), event_lines(1, 2));
}

TEST_F(NdjsonFileTest, AFolderThatGoesAndComesBackIsOnlyAPause) {
  std::filesystem::create_directory(folder_ / "d");
  NdjsonFile file(folder_ / "d/f", true);
  ASSERT_TRUE(file.open(0).ok());
  ASSERT_TRUE(append(file, 1, 1).ok());
  std::filesystem::remove_all(folder_ / "d");
  EXPECT_EQ(append(file, 2, 2).code(), Code::unavailable);
  std::filesystem::create_directory(folder_ / "d");
  EXPECT_TRUE(append(file, 2, 2).ok());
  EXPECT_EQ(contents(folder_ / "d/f"), event_lines(2, 2));
}

TEST_F(NdjsonFileTest, AFullFileGetsItsNameAndANewOneBegins) {
  NdjsonFile file(path_, false);
  ASSERT_TRUE(file.open(0).ok());
  EXPECT_TRUE(file.rotate().ok());
  EXPECT_TRUE(list_rotated(path_).empty()) << "an empty file is not full";
  ASSERT_TRUE(append(file, 1, 3).ok());
  ASSERT_TRUE(file.rotate().ok());
  EXPECT_EQ(file.size(), 0u);
  EXPECT_EQ(file.last()->seq, 3u);
  EXPECT_TRUE(append(file, 4, 4).ok());
  EXPECT_EQ(contents(rotated_path(path_, {3, id_of(3)})), event_lines(1, 3));
  EXPECT_EQ(contents(path_), event_lines(4, 4));
}

TEST_F(NdjsonFileTest, GoesOnBehindAFullFileIfTheNewOneIsEmptyOrMissing) {
  put_contents(rotated_path(path_, {3, id_of(3)}), event_lines(1, 3));
  put_contents(rotated_path(path_, {5, id_of(5)}) + ".gz", "");
  for (const bool there : {false, true}) {
    if (there) put_contents(path_, "");
    NdjsonFile file(path_, true);
    ASSERT_TRUE(file.open(0).ok());
    ASSERT_TRUE(file.last());
    EXPECT_EQ(file.last()->seq, 5u);
  }
}

TEST_F(NdjsonFileTest, AFileThatCannotBeRenamedIsTriedAgain) {
  NdjsonFile file(path_, false);
  ASSERT_TRUE(file.open(0).ok());
  ASSERT_TRUE(append(file, 1, 3).ok());
  put_contents(rotated_path(path_, {3, id_of(3)}), "in the way");
  EXPECT_EQ(file.rotate().code(), Code::unavailable);
  EXPECT_EQ(contents(path_), event_lines(1, 3));
  std::filesystem::remove(rotated_path(path_, {3, id_of(3)}));
  EXPECT_TRUE(file.rotate().ok());
  EXPECT_TRUE(append(file, 4, 4).ok());
  EXPECT_EQ(contents(path_), event_lines(4, 4));
}

TEST_F(NdjsonFileTest, CloseIsSafeTwice) {
  NdjsonFile file(path_, false);
  file.close();
  ASSERT_TRUE(file.open(0).ok());
  file.close();
  file.close();
}

}  // namespace
}  // namespace bus::file
