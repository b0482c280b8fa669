#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "core/process/manager_message.h"
#include "core/process/scope.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/process/run_jobs.h"
#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

using testing::FakeClock;
using testing::TempFolder;

// A manager at the other end of a socket, that says what the test wants.
class FakeManager : public ::testing::Test {
 protected:
  FakeManager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 4);
  }
  void accept() { peer_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)); }
  std::string received() {
    char buffer[8192];
    const ssize_t got = ::recv(peer_.get(), buffer, sizeof buffer, 0);
    return {buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  void say(std::string_view text) { ASSERT_TRUE(write_all(peer_.get(), text).ok()); }
  // A reply as the manager writes it; an error if it has a name.
  static std::string reply(std::uint32_t to, const std::string& failure) {
    std::string fields("\5\1u\0", 4);
    const auto number = [](std::uint32_t value) {
      return std::string(reinterpret_cast<const char*>(&value), 4);
    };
    fields += number(to);
    if (!failure.empty())
      fields +=
          std::string("\4\1s\0", 4) + number(static_cast<std::uint32_t>(failure.size())) + failure + '\0';
    std::string all = std::string(1, start_scope_message(1, "", "", 1)[0]) + (failure.empty() ? '\2' : '\3') +
                      std::string("\0\1", 2) + number(0) + number(9) +
                      number(static_cast<std::uint32_t>(fields.size())) + fields;
    all.resize((all.size() + 7) / 8 * 8);
    return all;
  }
  void step() {
    for (int i = 0; i < 4; ++i) runner_.step();
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "private";
  UniqueFd listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}, peer_;
  FakeClock clock_;
  loop::Runner runner_{"test", clock_};
  Scopes scopes_{runner_, path_};
};

TEST_F(FakeManager, IsAskedOnceItHasGreetedAndLeftWhenItHasAnswered) {
  scopes_.adopt("one", 11, "first");
  scopes_.adopt("two", 12, "second");
  accept();
  step();
  EXPECT_EQ(received(), manager_greeting(::geteuid()));
  say("OK 0123\r\n");
  step();
  EXPECT_EQ(received(), start_scope_message(1, "bus-run-one.scope", "first", 11) +
                            start_scope_message(2, "bus-run-two.scope", "second", 12));
  say(reply(1, {}));
  step();
  EXPECT_EQ(scopes_.counts().made, 1u);
  say(reply(2, "org.freedesktop.DBus.Error.No"));
  step();
  EXPECT_EQ(scopes_.counts().refused, 1u);
  EXPECT_EQ(scopes_.trouble(), "org.freedesktop.DBus.Error.No");
  char byte = 0;
  EXPECT_EQ(::recv(peer_.get(), &byte, 1, 0), 0);  // hung up: no wake-ups for what others do
}

TEST_F(FakeManager, ThatHangsUpHasRefused) {
  scopes_.adopt("one", 11, "first");
  accept();
  peer_.reset();
  step();
  EXPECT_EQ(scopes_.counts().refused, 1u);
  scopes_.adopt("two", 12, "second");  // and is asked anew
  accept();
  step();
  EXPECT_EQ(received(), manager_greeting(::geteuid()));
}

TEST_F(FakeManager, ThatTalksRubbishHasRefused) {
  scopes_.adopt("one", 11, "first");
  accept();
  step();
  say("REJECTED EXTERNAL\r\n");
  step();
  EXPECT_EQ(scopes_.counts().refused, 1u);
}

TEST(Scopes, WithoutAManagerNothingIsAsked) {
  FakeClock clock;
  loop::Runner runner("test", clock);
  Scopes scopes(runner, "/nonexistent/private");
  scopes.adopt("one", 11, "first");
  EXPECT_EQ(scopes.counts().asked, 1u);
  EXPECT_EQ(scopes.counts().refused, 1u);
  EXPECT_NE(scopes.trouble(), "");
  EXPECT_EQ(runner.step(), std::nullopt);
}

// With a manager of its own: with_user_manager.sh runs it so.
TEST(UserManager, GivesEachProgramAScopeThatIsEndedAsAWhole) {
  if (std::getenv("BUS_TEST_USER_MANAGER") == nullptr) GTEST_SKIP() << "no systemd user manager of ours";
  ASSERT_TRUE(become_subreaper().ok());
  RunJobs run(true);
  const auto [id, mark] = run.start_ready(shell(
      "echo ready; trap '' TERM; until grep -q scope /proc/self/cgroup; do sleep 0.01; done; echo scope;"
      "setsid env -i /bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done' & wait; while :; do sleep 1; "
      "done"));
  const pid_t pid = run.on([&, job = id] { return run.jobs().pid(job); });
  run.await_output(id, "scope\n");
  EXPECT_EQ(run.on([&] { return run.scopes().trouble(); }), "");
  const std::string folder = scope_folder(pid, mark);
  ASSERT_NE(folder, "");
  run.on([&, job = id] { run.jobs().stop(job, milliseconds(100)); });
  EXPECT_EQ(run.await_end(id).end->exit->signal, SIGKILL);
  // The manager forgets the unit once it is empty.
  while (std::filesystem::exists(folder)) ::usleep(10'000);
}

TEST(Scope, WeAreInNone) {
  EXPECT_EQ(scope_name("x"), "bus-run-x.scope");
  EXPECT_EQ(scope_folder(::getpid(), "x"), "");
  EXPECT_EQ(scope_folder(-1, "x"), "");
  EXPECT_FALSE(kill_scope("/nonexistent/bus-run-x.scope").ok());
}

}  // namespace
}  // namespace bus::process
