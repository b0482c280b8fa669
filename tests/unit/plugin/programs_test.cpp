#include "core/plugin/programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>
#include <thread>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Real programs; the test is the runner's thread.
class ProgramsTest : public ::testing::Test {
 protected:
  ProgramsTest() { std::signal(SIGPIPE, SIG_IGN); }
  ~ProgramsTest() override {
    runner_.cancel_all();
    programs_.stop_all(0us);
  }

  ProgramSpec shell(const std::string& script) {
    ProgramSpec spec;
    spec.path = "/bin/sh";
    spec.argv = {"sh", "-c", script};
    spec.lines = true;
    spec.output = [this](std::uint64_t, bus_process_stream stream, std::span<const Line> lines) {
      for (const Line& line : lines) {
        (stream == BUS_STDOUT ? out_ : err_).emplace_back(line.text);
        bytes_ += line.text.size();
      }
    };
    spec.ended = [this](std::uint64_t id, const Ended& how) { ended_[id] = how; };
    return spec;
  }
  std::uint64_t start(ProgramSpec spec) {
    const auto id = programs_.start(std::move(spec));
    EXPECT_TRUE(id.ok()) << (id ? "" : id.error().message);
    return id ? *id : 0;
  }
  // Runs the runner until `done`; it sleeps between by itself only in start(), so this yields.
  template <class Done>
  void until(Done&& done) {
    while (!done()) {
      runner_.step();
      std::this_thread::yield();
    }
  }
  const Ended& run(ProgramSpec spec) {
    const auto id = start(std::move(spec));
    until([&] { return ended_.count(id) != 0; });
    return ended_[id];
  }
  // A zombie whose parent does not come for it is not alive.
  static bool alive(pid_t pid) {
    const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    return stat.ok() && stat->find(") Z ") == std::string::npos;
  }

  std::vector<std::string> out_, err_, bounds_;
  std::size_t bytes_ = 0;
  std::map<std::uint64_t, Ended> ended_;
  loop::Runner runner_{"test", system_clock()};
  Programs programs_{runner_, process::system_spawner(), system_clock(),
                     [this](std::string_view bound) { bounds_.emplace_back(bound); }};
};

TEST_F(ProgramsTest, HandsOverLinesAndTheExit) {
  const Ended& how = run(shell("echo one; echo two >&2; printf half; exit 3"));
  EXPECT_THAT(out_, ElementsAre("one", "half"));
  EXPECT_THAT(err_, ElementsAre("two"));
  ASSERT_TRUE(how.exit.has_value());
  EXPECT_EQ(how.exit->text(), "exit 3");
  EXPECT_FALSE(how.stopped);
}

TEST_F(ProgramsTest, HasNoStdinUnlessAskedAndTheEnvironmentThatIsGiven) {
  ProgramSpec spec = shell("cat; echo $GREETING; pwd");
  spec.env = {{"GREETING", "hello"}};
  spec.cwd = "/usr";
  run(std::move(spec));
  EXPECT_THAT(out_, ElementsAre("hello", "/usr"));
}

TEST_F(ProgramsTest, GivesPiecesAsTheyCome) {
  ProgramSpec spec = shell("head -c 300000 /dev/zero");
  spec.lines = false;
  run(std::move(spec));
  EXPECT_EQ(bytes_, 300'000u);
  EXPECT_GT(out_.size(), 1u);
}

TEST_F(ProgramsTest, LeavesStderrAlone) {
  ProgramSpec spec = shell("echo x >&2");
  spec.err = false;
  run(std::move(spec));
  EXPECT_TRUE(err_.empty());
}

TEST_F(ProgramsTest, CutsLongLinesAndCountsThem) {
  ProgramSpec spec = shell("head -c 200000 /dev/zero; echo; echo short");
  spec.line_bound = 10;
  run(std::move(spec));
  EXPECT_EQ(bytes_, 15u);
  EXPECT_THAT(bounds_, ElementsAre("line"));
}

TEST_F(ProgramsTest, TalksBothWays) {
  ProgramSpec spec = shell("while read line; do echo \"got $line\"; done; echo end");
  spec.in = true;
  const auto id = start(std::move(spec));
  EXPECT_TRUE(programs_.write(id, "a\n").ok());
  until([&] { return out_.size() == 1; });
  EXPECT_TRUE(programs_.write(id, "b\n").ok());
  programs_.close_stdin(id);
  EXPECT_FALSE(programs_.write(id, "c\n").ok());
  until([&] { return ended_.count(id) != 0; });
  EXPECT_THAT(out_, ElementsAre("got a", "got b", "end"));
}

TEST_F(ProgramsTest, BoundsWhatWaitsForStdinAndTellsWhenItIsTaken) {
  const testing::TempFolder folder;
  ProgramSpec spec = shell("while [ ! -e " + (folder / "go") + " ]; do sleep 0.01; done; cat | wc -c");
  spec.in = true;
  bool drained = false;
  spec.drained = [&](std::uint64_t) { drained = true; };
  const auto id = start(std::move(spec));
  const std::string most(BUS_PROCESS_MAX_STDIN, 'x');
  EXPECT_TRUE(programs_.write(id, most).ok());
  EXPECT_EQ(programs_.write(id, most).error().code, Code::unavailable);
  EXPECT_THAT(bounds_, ElementsAre("stdin"));
  ASSERT_TRUE(replace_file(folder / "go", "").ok());
  until([&] { return drained; });
  programs_.close_stdin(id);
  until([&] { return ended_.count(id) != 0; });
  EXPECT_THAT(out_, ElementsAre(std::to_string(most.size())));
}

TEST_F(ProgramsTest, NoticesThatNobodyReadsStdin) {
  ProgramSpec spec = shell("exec <&-; echo closed; sleep 100");
  spec.in = true;
  const auto id = start(std::move(spec));
  until([&] { return out_.size() == 1; });
  EXPECT_EQ(programs_.write(id, "x").error().code, Code::invalid);
}

TEST_F(ProgramsTest, AProgramWhoseOutputIsNotReadWaits) {
  const auto id = start(shell("echo first; head -c 1000000 /dev/zero; echo; echo last"));
  EXPECT_TRUE(programs_.read(id, 0).ok());
  for (int i = 0; i < 100; ++i) runner_.step();
  EXPECT_TRUE(out_.empty());
  EXPECT_TRUE(ended_.empty());
  EXPECT_TRUE(programs_.read(id, BUS_STDOUT | BUS_STDERR).ok());
  until([&] { return ended_.count(id) != 0; });
  EXPECT_EQ(out_.back(), "last");
  EXPECT_EQ(bytes_, 1'000'009u);
}

TEST_F(ProgramsTest, StopsTheWholeGroup) {
  const auto id = start(shell("sleep 100 & echo $!; wait"));
  until([&] { return out_.size() == 1; });
  programs_.stop(id, 10s);
  until([&] { return ended_.count(id) != 0; });
  EXPECT_TRUE(ended_[id].stopped);
  EXPECT_EQ(ended_[id].exit->text(), "SIGTERM");
  EXPECT_FALSE(alive(std::stoi(out_[0])));
}

TEST_F(ProgramsTest, KillsWhatDoesNotListen) {
  const auto id = start(shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
  until([&] { return out_.size() == 1; });
  programs_.stop(id, 1h);
  programs_.stop(id, 1ms);
  until([&] { return ended_.count(id) != 0; });
  EXPECT_EQ(ended_[id].exit->text(), "SIGKILL");
}

TEST_F(ProgramsTest, StopsWhatAProgramLeavesBehind) {
  const Ended& how = run(shell("sleep 100 & echo $!; exit 0"));
  EXPECT_EQ(how.exit->text(), "exit 0");
  EXPECT_FALSE(how.stopped);
  EXPECT_FALSE(alive(std::stoi(out_.at(0))));
}

TEST_F(ProgramsTest, DoesNotWaitForOneThatLeftTheGroup) {
  testing::TempFolder folder;
  ProgramSpec spec = shell(
      "setsid sh -c 'echo $$; : >left; exec sleep 100' & until [ -e left ]; do sleep 0.01; done; echo done");
  spec.cwd = folder.path();
  const Ended& how = run(std::move(spec));
  EXPECT_EQ(how.exit->text(), "exit 0");
  EXPECT_EQ(out_.size(), 2u);
  ::kill(std::stoi(out_.at(0)), SIGKILL);
}

TEST_F(ProgramsTest, AForgottenOneCallsBackNoMore) {
  const auto id = start(shell("echo ready; sleep 100"));
  until([&] { return out_.size() == 1; });
  const pid_t pid = programs_.pid(id);
  EXPECT_NE(pid, 0);
  programs_.forget(id, 0us);
  until([&] { return !alive(pid); });
  EXPECT_EQ(programs_.pid(id), 0);
  EXPECT_TRUE(ended_.empty());
}

TEST_F(ProgramsTest, MayBeStartedAgainFromItsExit) {
  int runs = 0;
  std::function<void(std::uint64_t, const Ended&)> again = [&](std::uint64_t, const Ended&) {
    if (++runs == 3) return;
    ProgramSpec spec = shell("echo x");
    spec.ended = again;
    start(std::move(spec));
  };
  ProgramSpec spec = shell("echo x");
  spec.ended = again;
  start(std::move(spec));
  until([&] { return runs == 3; });
  EXPECT_EQ(out_.size(), 3u);
}

TEST_F(ProgramsTest, StopAllLeavesNobody) {
  std::vector<pid_t> pids;
  for (const char* script : {"echo x; sleep 100", "trap '' TERM; echo x; while :; do sleep 0.05; done"}) {
    pids.push_back(programs_.pid(start(shell(script))));
  }
  until([&] { return out_.size() == 2; });
  runner_.cancel_all();
  programs_.stop_all(1ms);
  for (const pid_t pid : pids) EXPECT_FALSE(alive(pid));
  EXPECT_TRUE(ended_.empty());
}

TEST_F(ProgramsTest, KillAllIsForAnotherThread) {
  const auto id = start(shell("echo x; sleep 100"));
  until([&] { return out_.size() == 1; });
  std::thread([&] { programs_.kill_all(); }).join();
  until([&] { return ended_.count(id) != 0; });
  EXPECT_EQ(ended_[id].exit->text(), "SIGKILL");
}

TEST_F(ProgramsTest, SaysWhatCannotBeRun) {
  ProgramSpec spec = shell("");
  spec.path = "/no/such/program";
  EXPECT_EQ(programs_.start(std::move(spec)).error().code, Code::not_found);
  EXPECT_EQ(programs_.write(7, "x").error().code, Code::invalid);
}

TEST_F(ProgramsTest, BoundsTheirNumber) {
  for (unsigned i = 0; i < BUS_PROCESS_MAX; ++i) start(shell("sleep 100"));
  EXPECT_EQ(programs_.start(shell("true")).error().code, Code::unavailable);
  EXPECT_THAT(bounds_, ElementsAre("programs"));
}

}  // namespace
}  // namespace bus::plugin
