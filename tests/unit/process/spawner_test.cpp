#include "core/process/spawner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/temp_folder.h"
#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempFolder;

Error start_error(const Program& program) {
  auto child = system_spawner().start(program);
  if (child) return error(Code::fault, "it started");
  return std::move(child).error();
}

TEST(Spawner, RunsExactlyTheArguments) {
  Program program = shell("for a; do printf '<%s>' \"$a\"; done");
  program.argv.insert(program.argv.end(), {"zero", "a b", "$HOME", "; rm -rf /", ""});
  const auto ran = run(program);
  ASSERT_TRUE(ran.ok()) << ran.error().message;
  EXPECT_EQ(ran->out, "<a b><$HOME><; rm -rf /><>");
  EXPECT_TRUE(ran->exit.ok());
}

TEST(Spawner, TellsExitCodes) {
  const auto ran = run(shell("exit 3"));
  ASSERT_TRUE(ran.ok());
  EXPECT_EQ(ran->exit.status(), 3);
  EXPECT_EQ(ran->exit.text(), "exit 3");
  EXPECT_FALSE(ran->exit.ok());
}

TEST(Spawner, TellsSignals) {
  const auto ran = run(shell("kill -KILL $$"));
  ASSERT_TRUE(ran.ok());
  EXPECT_EQ(ran->exit.signal, SIGKILL);
  EXPECT_EQ(ran->exit.status(), 137);
  EXPECT_EQ(ran->exit.text(), "SIGKILL");
}

TEST(Spawner, MissingProgramIs127) {
  const Error failure = start_error({.path = "/nonexistent/tool", .argv = {"tool"}, .env = {}});
  EXPECT_EQ(failure.code, Code::not_found);
  EXPECT_EQ(shell_status(failure), 127);
}

TEST(Spawner, MissingInterpreterIs127) {
  const TempFolder folder;
  std::ofstream(folder / "script") << "#!/nonexistent/interpreter\n";
  ::chmod((folder / "script").c_str(), 0755);
  const Error failure = start_error({.path = folder / "script", .argv = {"script"}, .env = {}});
  EXPECT_EQ(shell_status(failure), 127);
  EXPECT_THAT(failure.hint, HasSubstr("interpreter"));
}

TEST(Spawner, NotExecutableIs126) {
  const TempFolder folder;
  std::ofstream(folder / "plain") << "echo hello\n";
  ::chmod((folder / "plain").c_str(), 0644);
  EXPECT_EQ(start_error({.path = folder / "plain", .argv = {"plain"}, .env = {}}).code, Code::denied);
  EXPECT_EQ(start_error({.path = folder.path(), .argv = {"folder"}, .env = {}}).code, Code::denied);
  // No shell takes over a file without an interpreter line.
  ::chmod((folder / "plain").c_str(), 0755);
  const Error failure = start_error({.path = folder / "plain", .argv = {"plain"}, .env = {}});
  EXPECT_EQ(shell_status(failure), 126);
  EXPECT_THAT(failure.hint, HasSubstr("#!"));
}

TEST(Spawner, RefusesWhatExecveWouldMisread) {
  EXPECT_EQ(start_error({.path = "sh", .argv = {"sh"}, .env = {}}).code, Code::invalid);
  EXPECT_EQ(start_error({.path = "/bin/sh", .argv = {}, .env = {}}).code, Code::invalid);
  EXPECT_EQ(start_error({.path = "/bin/sh", .argv = {std::string("a\0b", 3)}, .env = {}}).code,
            Code::invalid);
  EXPECT_EQ(start_error({.path = "/bin/sh", .argv = {"sh"}, .env = {std::string("A=\0", 3)}}).code,
            Code::invalid);
}

TEST(Spawner, AMissingFolderIsNotAMissingProgram) {
  Program program = shell("true");
  program.cwd = "/nonexistent";
  const Error failure = start_error(program);
  EXPECT_EQ(shell_status(failure), 126);
  EXPECT_THAT(failure.message, HasSubstr("/nonexistent"));
}

TEST(Spawner, SetsFolderMaskLimitsAndEnvironment) {
  const TempFolder folder;
  Program program = shell("pwd; umask; ulimit -n; echo $ONE; echo ${HOME-unset}");
  program.cwd = folder.path();
  program.umask = 0077;
  program.limits = {{RLIMIT_NOFILE, 64, 64}};
  program.env.push_back("ONE=1");
  const auto ran = run(program);
  ASSERT_TRUE(ran.ok()) << ran.error().message;
  EXPECT_EQ(ran->out, folder.path() + "\n0077\n64\n1\nunset\n");
}

TEST(Spawner, GivesStdinFromMemory) {
  Program program = shell("wc -c");
  program.in = {Input::Kind::bytes, std::string(300'000, 'x')};
  EXPECT_EQ(run(program)->out, "300000\n");
  program.in = {};
  EXPECT_EQ(run(program)->out, "0\n");
}

TEST(Spawner, ClosesEveryOtherDescriptor) {
  const UniqueFd leaky(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  const auto ran = run({.path = "/bin/ls", .argv = {"ls", "/proc/self/fd"}, .env = {}});
  ASSERT_TRUE(ran.ok());
  EXPECT_EQ(ran->out, "0\n1\n2\n3\n");  // 3 is ls reading the folder
}

TEST(Spawner, PutsKeptDescriptorsInPlaceEvenCrosswise) {
  Pipe a = make_pipe();
  Pipe b = make_pipe();
  Program program = shell("");
  // Each goes to the number that the other has.
  program.keep = {{a.write_end.get(), b.write_end.get()}, {b.write_end.get(), a.write_end.get()}};
  program.argv[2] =
      "printf A >&" + std::to_string(b.write_end.get()) + "; printf B >&" + std::to_string(a.write_end.get());
  auto child = system_spawner().start(program);
  ASSERT_TRUE(child.ok()) << child.error().message;
  a.write_end.reset();
  b.write_end.reset();
  EXPECT_EQ(*read_all(a.read_end.get(), 100), "A");
  EXPECT_EQ(*read_all(b.read_end.get(), 100), "B");
  EXPECT_TRUE(wait(system_spawner(), *child)->ok());
}

TEST(Spawner, GivesDefaultSignals) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  ::sigfillset(&blocked);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto ran = run({.path = "/bin/grep", .argv = {"grep", "^Sig[BI]", "/proc/self/status"}, .env = {}});
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, &before, &after);
  ::signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(ran.ok());
  EXPECT_EQ(ran->out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_TRUE(::sigismember(&after, SIGUSR1));  // ours is as it was
}

TEST(Spawner, GroupsAreAsAsked) {
  const std::string script = "set -- $(cat /proc/$$/stat); echo $5 $6";  // group, session
  Program program = shell(script);
  const auto fields = [&](Group group) {
    program.group = group;
    const auto ran = run(program);
    return ran.ok() ? ran->out : ran.error().message;
  };
  const std::string ours = std::to_string(::getpgrp()) + " " + std::to_string(::getsid(0)) + "\n";
  EXPECT_EQ(fields(Group::ours), ours);
  EXPECT_THAT(fields(Group::own), ::testing::EndsWith(" " + std::to_string(::getsid(0)) + "\n"));
  EXPECT_THAT(fields(Group::own), Not(::testing::StartsWith(std::to_string(::getpgrp()) + " ")));
  EXPECT_THAT(fields(Group::session), Not(::testing::EndsWith(" " + std::to_string(::getsid(0)) + "\n")));
}

TEST(Spawner, ThePidfdIsReadableAtTheEndAndReapingTwiceSaysTheSame) {
  Pipe gate = make_pipe();
  Program program = shell("read line; exit 5");
  program.in = {.kind = Input::Kind::fd, .fd = gate.read_end.get()};
  auto child = system_spawner().start(program);
  ASSERT_TRUE(child.ok());
  EXPECT_FALSE(system_spawner().reap(*child)->has_value());
  ASSERT_TRUE(write_all(gate.write_end.get(), "go\n").ok());
  pollfd wanted{child->pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&wanted, 1, 30'000), 1);
  for (int i = 0; i < 2; ++i) {
    const auto exit = system_spawner().reap(*child);
    ASSERT_TRUE(exit.ok() && exit->has_value());
    EXPECT_EQ((**exit).code, 5);
  }
  EXPECT_TRUE(child->gone);
}

TEST(Spawner, SignalsReachTheProgramInOurGroupAlone) {
  Program program = shell("exec sleep 1000");
  program.group = Group::ours;
  auto child = system_spawner().start(program);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(child->pgid, 0);
  EXPECT_TRUE(system_spawner().signal(*child, SIGTERM).ok());
  EXPECT_EQ(wait(system_spawner(), *child)->signal, SIGTERM);
  EXPECT_TRUE(system_spawner().signal(*child, SIGTERM).ok());  // nobody left is no error
}

TEST(Spawner, StartsFromManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&good, t] {
      for (int i = 0; i < 20; ++i) {
        const auto ran = run(shell("echo " + std::to_string(t * 100 + i)));
        if (ran.ok() && ran->out == std::to_string(t * 100 + i) + "\n") ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
}

TEST(Exit, NamesSignals) {
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_EQ(signal_name(63), "SIG63");
}

}  // namespace
}  // namespace bus::process
