#include "core/cli/input.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/unique_fd.h"
#include "tests/support/temp_folder.h"

namespace bus::cli {
namespace {

using ::testing::ElementsAre;

UniqueFd holding(std::string_view text) {
  UniqueFd fd(::memfd_create("lines", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), text));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

std::vector<std::string> lines_of(std::string_view text) {
  const UniqueFd fd = holding(text);
  LineReader reader(fd.get(), 1 << 20);
  std::vector<std::string> lines;
  for (std::string_view line;;) {
    const auto more = reader.next(line);
    if (!more || !*more) return lines;
    lines.emplace_back(line);
  }
}

TEST(LineReader, LinesWithAndWithoutALastEnd) {
  EXPECT_THAT(lines_of("a\nb\n\nc"), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(lines_of("a\n"), ElementsAre("a"));
  EXPECT_TRUE(lines_of("").empty());
}

TEST(LineReader, LinesLongerThanABlock) {
  const std::string line(700'000, 'x');
  EXPECT_THAT(lines_of("a\n" + line + "\nb"), ElementsAre("a", line, "b"));
}

TEST(LineReader, HasABound) {
  const UniqueFd fd = holding(std::string(600'000, 'x') + "\nb\n");
  LineReader reader(fd.get(), 1000);
  std::string_view line;
  const auto more = reader.next(line);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::limit);
}

TEST(ReadArgument, InlineOrAFile) {
  const testing::TempFolder folder;
  ASSERT_TRUE(replace_file(folder / "f", "from the file"));
  EXPECT_EQ(*read_argument("{}", 100), "{}");
  EXPECT_EQ(*read_argument("@" + (folder / "f"), 100), "from the file");
  EXPECT_FALSE(read_argument("@" + (folder / "none"), 100));
  EXPECT_FALSE(read_argument("@" + (folder / "f"), 3));
}

}  // namespace
}  // namespace bus::cli
