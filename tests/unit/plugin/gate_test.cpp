#include "core/plugin/gate.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::plugin {
namespace {

class GateTest : public ::testing::Test {
 protected:
  GateTest() : path_(folder_ / "thing.so") {
    std::filesystem::copy_file(std::string(BUS_TEST_PLUGINS) + "/c_source.so", path_);
    ::chmod(path_.c_str(), 0644);
  }
  Code refused() {
    const auto file = pass_gate(path_);
    EXPECT_FALSE(file.ok());
    return file ? Code::fault : file.error().code;
  }

  testing::TempFolder folder_;
  std::string path_;
};

TEST_F(GateTest, LetsAGoodFileIn) {
  const auto file = pass_gate(path_);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->sha256.size(), 64u);
  EXPECT_EQ(file->path, path_);
}

TEST_F(GateTest, TheCopyCannotBeChanged) {
  const auto file = pass_gate(path_);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(::pwrite(file->memory.get(), "x", 1, 0), -1);
  EXPECT_EQ(::ftruncate(file->memory.get(), 1), -1);
}

TEST_F(GateTest, WhatPassedIsNotWhatIsWrittenLater) {
  const auto file = pass_gate(path_);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(stamp_of(path_), file->stamp);
  const auto before = read_file(path_, 64u << 20);
  ASSERT_TRUE(replace_file(path_, "something else").ok());
  EXPECT_EQ(*read_gated(*file), *before);
  EXPECT_NE(stamp_of(path_), file->stamp);
  EXPECT_EQ(stamp_of(path_ + ".nowhere"), FileStamp{});
}

TEST_F(GateTest, RefusesWhatOthersCanWrite) {
  ::chmod(path_.c_str(), 0666);
  EXPECT_EQ(refused(), Code::denied);
  ::chmod(path_.c_str(), 0664);
  EXPECT_EQ(refused(), Code::denied);
}

TEST_F(GateTest, RefusesAFolderThatOthersCanWrite) {
  ::chmod(folder_.path().c_str(), 0777);
  EXPECT_EQ(refused(), Code::denied);
  ::chmod(folder_.path().c_str(), 01777);
  EXPECT_TRUE(pass_gate(path_).ok());
}

TEST_F(GateTest, RefusesSetuid) {
  ::chmod(path_.c_str(), 04755);
  EXPECT_EQ(refused(), Code::denied);
}

TEST_F(GateTest, RefusesAnotherOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(refused(), Code::denied);
}

TEST_F(GateTest, RefusesLinks) {
  const std::string target = path_;
  path_ = folder_ / "link.so";
  ASSERT_EQ(::symlink(target.c_str(), path_.c_str()), 0);
  EXPECT_EQ(refused(), Code::denied);
  ASSERT_EQ(::symlink(folder_.path().c_str(), (folder_ / "itself").c_str()), 0);
  path_ = folder_ / "itself/thing.so";
  EXPECT_EQ(refused(), Code::denied);
}

TEST_F(GateTest, RefusesWhatIsNoFile) {
  path_ = folder_ / "fifo.so";
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refused(), Code::invalid);
  path_ = folder_.path();
  EXPECT_EQ(refused(), Code::invalid);
  path_ = folder_ / "missing.so";
  EXPECT_EQ(refused(), Code::not_found);
  path_ = "relative.so";
  EXPECT_EQ(refused(), Code::invalid);
}

TEST_F(GateTest, RefusesWhatIsNoLibrary) {
  ASSERT_TRUE(replace_file(path_, "").ok());
  EXPECT_EQ(refused(), Code::invalid);
  ASSERT_TRUE(replace_file(path_, "not a library at all\n").ok());
  EXPECT_EQ(refused(), Code::invalid);
}

}  // namespace
}  // namespace bus::plugin
