#include "core/cli/dispatch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "core/base/file.h"
#include "core/base/unique_fd.h"
#include "core/cli/exit_codes.h"

namespace bus::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Told {
  int status = 0;
  std::string out, err;
};

// Runs the words with stdout and stderr in files of their own.
Told bus(const std::vector<std::string>& words) {
  const UniqueFd out(::memfd_create("out", MFD_CLOEXEC)), err(::memfd_create("err", MFD_CLOEXEC));
  const UniqueFd before(::dup(2));
  ::dup2(err.get(), 2);
  Told told;
  {
    Output output(out.get());
    told.status = dispatch(words, output);
  }
  ::dup2(before.get(), 2);
  for (const auto& [fd, into] : {std::pair(out.get(), &told.out), std::pair(err.get(), &told.err)}) {
    ::lseek(fd, 0, SEEK_SET);
    *into = read_all(fd, 1 << 20).value_or("");
  }
  return told;
}

TEST(Dispatch, HelpGoesToStdoutMistakesToStderr) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"help"},
                                                {"--help"},
                                                {"help", "wait"},
                                                {"wait", "--help"},
                                                {"events", "--help"},
                                                {"help", "events"},
                                                {"events", "list", "-h"}}) {
    const Told told = bus(words);
    EXPECT_EQ(told.status, kGood) << words[0];
    EXPECT_FALSE(told.out.empty()) << words[0];
    EXPECT_EQ(told.err, "") << words[0];
  }
  EXPECT_EQ(bus({}).status, kUsage);
  EXPECT_EQ(bus({}).out, "");
  EXPECT_EQ(bus({"events"}).status, kUsage);
}

TEST(Dispatch, UnknownWordsNameTheNearest) {
  EXPECT_EQ(bus({"wiat"}).err, "bus: unknown verb 'wiat'\n  did you mean 'wait'?\n");
  EXPECT_EQ(bus({"wiat"}).status, kUsage);
  EXPECT_EQ(bus({"events", "lst"}).err, "bus: unknown verb 'events lst'\n  did you mean 'list'?\n");
  EXPECT_EQ(bus({"secrets"}).err, "bus: unknown verb 'secrets'\n  did you mean 'secret'?\n");
  EXPECT_THAT(bus({"help", "xyzzyx"}).err, StartsWith("bus: unknown verb 'xyzzyx'\n"));
  EXPECT_THAT(bus({"--bogus"}).err, HasSubstr("options come after the verb"));
  EXPECT_THAT(bus({"events", "--json"}).err, HasSubstr("list, watch, show"));
}

TEST(Dispatch, TextFromTheUserCannotDrive) {
  EXPECT_EQ(bus({"wi\x1b[31mat\n"}).err.find('\x1b'), std::string::npos);
}

TEST(Dispatch, VersionInEveryWay) {
  EXPECT_THAT(bus({"version"}).out, StartsWith("bus "));
  EXPECT_EQ(bus({"--version"}).out, bus({"version"}).out);
  EXPECT_EQ(bus({"-V"}).out, bus({"version"}).out);
  EXPECT_THAT(bus({"version", "--json"}).out, HasSubstr("\"protocol\":2"));
}

TEST(Dispatch, PredicatesAreCheckedBeforeAnythingIsReached) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"wait", "nonsense == 1"},
                                                {"on", "nonsense == 1", "--", "true"},
                                                {"expr", "nonsense"}}) {
    const Told told = bus(words);
    EXPECT_EQ(told.status, kUsage);
    EXPECT_THAT(told.err, HasSubstr("nonsense"));
  }
}

TEST(Dispatch, ExplainPrintsTheExpression) {
  const Told told =
      bus({"wait", "--explain", "--source", "github", "--result", "failure", "--result", "error"});
  EXPECT_EQ(told.out, "source == \"github\" && (task.result == \"failure\" || task.result == \"error\")\n");
  EXPECT_EQ(told.status, kGood);
}

TEST(Dispatch, AReaderThatWentAwayEndsUsQuietly) {
  std::signal(SIGPIPE, SIG_IGN);  // as main() does
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  const UniqueFd closed(ends[1]);
  Output out(closed.get());
  EXPECT_EQ(dispatch(std::vector<std::string>{"help"}, out), kPipeClosed);
}

}  // namespace
}  // namespace bus::cli
