#include "core/cli/output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "core/base/file.h"
#include "core/base/unique_fd.h"

namespace bus::cli {
namespace {

TEST(Output, BuffersUntilItIsFlushed) {
  const UniqueFd fd(::memfd_create("out", MFD_CLOEXEC));
  Output out(fd.get());
  out.line("a");
  EXPECT_EQ(::lseek(fd.get(), 0, SEEK_END), 0);
  out.line_now("b");
  ::lseek(fd.get(), 0, SEEK_SET);
  EXPECT_EQ(*read_all(fd.get(), 100), "a\nb\n");
  EXPECT_TRUE(out.status());
}

TEST(Output, RemembersAClosedPipe) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  const UniqueFd fd(ends[1]);
  Output out(fd.get());
  out.line_now("a");
  EXPECT_TRUE(out.pipe_closed());
  EXPECT_TRUE(out.failed());
  out.line_now("b");  // nothing happens any more
}

TEST(Output, AFullDiskIsAnError) {
  const UniqueFd fd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  Output out(fd.get());
  out.line_now("a");
  EXPECT_FALSE(out.pipe_closed());
  ASSERT_FALSE(out.status());
  EXPECT_EQ(out.status().error().code, Code::fault);
}

TEST(Output, NoColourWhereNobodyLooks) {
  const UniqueFd fd(::memfd_create("out", MFD_CLOEXEC));
  EXPECT_FALSE(Output::colour(fd.get()));
}

}  // namespace
}  // namespace bus::cli
