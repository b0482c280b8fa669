#include "core/cli/on_gathered.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::cli {
namespace {

class OnGatheredTest : public ::testing::Test {
 protected:
  std::size_t files() const {
    if (!std::filesystem::exists(folder_ / "events")) return 0;
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_ / "events"), {}));
  }
  testing::TempFolder folder_;
};

TEST_F(OnGatheredTest, OneEventNeedsNoFileUntilItIsAskedFor) {
  OnGathered events(1, "{\"seq\":1}", folder_ / "events");
  EXPECT_EQ(files(), 0u);
  const auto path = events.file_of_all();
  ASSERT_TRUE(path);
  EXPECT_EQ(*read_file(*path, 100), "{\"seq\":1}\n");
}

TEST_F(OnGatheredTest, AllAreInTheFileAndTheLastInMemory) {
  std::string expected;
  {
    OnGathered events(0, "event 0", folder_ / "events");
    expected = "event 0\n";
    for (std::uint64_t i = 1; i < 1000; ++i) {
      const std::string text = "event " + std::to_string(i);
      ASSERT_TRUE(events.add(i, text));
      expected += text + "\n";
    }
    EXPECT_EQ(events.count(), 1000u);
    EXPECT_EQ(events.seq(), 999u);
    EXPECT_EQ(events.last(), "event 999");
    EXPECT_EQ(events.held(), events.last().size());
    const auto path = events.file_of_all();
    ASSERT_TRUE(path);
    EXPECT_EQ(*read_file(*path, 1 << 20), expected);
    EXPECT_EQ(*events.file_of_all(), *path) << "a further attempt reads the same";
    EXPECT_EQ(*read_file(*path, 1 << 20), expected);
    struct stat info {};
    ASSERT_EQ(::stat(path->c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(files(), 1u);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(OnGatheredTest, WithoutAPlaceItStandsForThoseBefore) {
  std::filesystem::create_directory(folder_ / "events");
  ASSERT_EQ(::chmod((folder_ / "events").c_str(), 0755), 0);
  OnGathered events(1, "first", folder_ / "events");
  EXPECT_FALSE(events.add(2, "second"));
  EXPECT_EQ(events.count(), 1u);
  EXPECT_EQ(events.last(), "first");
}

}  // namespace
}  // namespace bus::cli
