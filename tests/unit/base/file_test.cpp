#include "core/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace bus {
namespace {

TEST(ReplaceFile, IsWholeAndPrivate) {
  const testing::TempFolder folder;
  const std::string path = folder / "f";
  ASSERT_TRUE(replace_file(path, "one"));
  ASSERT_TRUE(replace_file(path, "two"));
  EXPECT_EQ(*read_file(path, 100), "two");
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1)
      << "nothing is left beside it";
}

TEST(ReadFile, HasABound) {
  const testing::TempFolder folder;
  ASSERT_TRUE(replace_file(folder / "f", std::string(10'000, 'x')));
  EXPECT_EQ(read_file(folder / "f", 10'000)->size(), 10'000u);
  EXPECT_EQ(read_file(folder / "f", 9'999).error().code, Code::limit);
  EXPECT_EQ(read_file(folder / "none", 10).error().code, Code::not_found);
}

TEST(MakePrivateFolder, MakesParentsAndRefusesOpenOnes) {
  const testing::TempFolder folder;
  ASSERT_TRUE(make_private_folder(folder / "a/b/c"));
  ASSERT_TRUE(make_private_folder(folder / "a/b/c")) << "twice is well";
  struct stat info {};
  ASSERT_EQ(::stat((folder / "a/b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(::chmod((folder / "a/b/c").c_str(), 0777), 0);
  EXPECT_EQ(make_private_folder(folder / "a/b/c").error().code, Code::denied);
}

TEST(OpenPrivate, TakesOnlyOurOwnClosedFile) {
  const testing::TempFolder folder;
  ASSERT_TRUE(replace_file(folder / "f", "x"));
  EXPECT_TRUE(open_private(folder / "f"));
  ASSERT_EQ(::symlink((folder / "f").c_str(), (folder / "link").c_str()), 0);
  EXPECT_EQ(open_private(folder / "link").error().code, Code::denied);
  ASSERT_EQ(::chmod((folder / "f").c_str(), 0640), 0);
  EXPECT_EQ(open_private(folder / "f").error().code, Code::denied);
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(open_private(folder / "fifo").error().code, Code::denied) << "and does not wait for a writer";
}

}  // namespace
}  // namespace bus
