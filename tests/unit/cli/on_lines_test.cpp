#include "core/cli/on_lines.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "core/base/file.h"
#include "core/base/unique_fd.h"
#include "tests/support/temp_folder.h"

namespace bus::cli {
namespace {

using process::Tag;

class OnLinesTest : public ::testing::Test {
 protected:
  std::string written() {
    lines_.flush();
    return read_file(folder_ / "out", 1 << 20).value_or("nothing");
  }
  testing::TempFolder folder_;
  UniqueFd fd_{::open((folder_ / "out").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)};
  Output out_{fd_.get()};
  OnLines lines_{out_, false, false};
};

TEST_F(OnLinesTest, EachLineIsLabelled) {
  lines_.line(Tag::out, 1, "[1] ", "a", true);
  lines_.line(Tag::out, 2, "[2] ", "b", true);
  lines_.line(Tag::out, 1, "[1] ", "", true);
  EXPECT_EQ(written(), "[1] a\n[2] b\n[1] \n");
}

TEST_F(OnLinesTest, PartsOfALineStayTogether) {
  lines_.line(Tag::out, 1, "[1] ", "a", false);
  lines_.line(Tag::out, 1, "[1] ", "b", true);
  lines_.line(Tag::out, 1, "[1] ", "c", true);
  EXPECT_EQ(written(), "[1] ab\n[1] c\n");
}

TEST_F(OnLinesTest, AnotherRunDoesNotWriteIntoAnOpenLine) {
  lines_.line(Tag::out, 1, "[1] ", "a", false);
  lines_.line(Tag::out, 2, "[2] ", "b", true);
  lines_.line(Tag::out, 1, "[1] ", "c", true);
  EXPECT_EQ(written(), "[1] a\n[2] b\n[1] c\n");
}

TEST_F(OnLinesTest, TheLastLineIsClosedWithItsRun) {
  lines_.line(Tag::out, 1, "[1] ", "no newline", false);
  lines_.ended(2);
  EXPECT_EQ(written(), "[1] no newline");
  lines_.ended(1);
  EXPECT_EQ(written(), "[1] no newline\n");
}

TEST_F(OnLinesTest, ColourGoesRoundTheLabelOnly) {
  OnLines coloured(out_, true, false);
  coloured.line(Tag::out, 1, "[1] ", "a", true);
  const std::string text = written();
  EXPECT_TRUE(text.starts_with("\x1b[")) << text;
  EXPECT_TRUE(text.ends_with("[1] \x1b[0ma\n")) << text;
}

TEST_F(OnLinesTest, SaysWhenNobodyReads) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd to(ends[1]);
  ::close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Output out(to.get());
  OnLines lines(out, false, false);
  lines.line(Tag::out, 1, "", "a", true);
  lines.flush();
  EXPECT_TRUE(lines.failed());
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace bus::cli
