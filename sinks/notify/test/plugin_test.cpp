// The sink against a real bus (dbus-daemon) with a daemon that draws nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/support/sink_driver.h"
#include "tests/support/temp_folder.h"

namespace bus::notify {
namespace {

using ::testing::HasSubstr;
using testing::SinkEvent;
using ::testing::SizeIs;

constexpr std::int64_t kNow = 1'800'000'000'000'000;

// A child process that is told to end by its stdin's end, or by a signal.
class Child {
 public:
  explicit Child(std::vector<std::string> argv) {
    int in[2], out[2];
    if (::pipe(in) != 0 || ::pipe(out) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0), ::dup2(out[1], 1);
      for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      std::vector<char*> raw;
      for (std::string& one : argv) raw.push_back(one.data());
      raw.push_back(nullptr);
      ::execvp(raw[0], raw.data());
      ::_exit(127);
    }
    ::close(in[0]), ::close(out[1]);
    in_ = in[1], out_ = out[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::close(in_), ::close(out_);
    if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
  }
  // The next line of its stdout; empty if it has ended.
  std::string line() const {
    std::string text;
    for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
};

class NotifySinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bus_ = std::make_unique<Child>(std::vector<std::string>{"dbus-daemon", "--session", "--nofork",
                                                            "--nopidfile", "--print-address",
                                                            "--address=unix:dir=" + folder_.path()});
    address_ = bus_->line();
    address_ = address_.substr(0, address_.find(','));  // without its guid, which a second bus would not have
    if (address_.empty()) GTEST_SKIP() << "there is no dbus-daemon here";
    sink_.host.set("address", address_);
    sink_.host.set("max_age", "300000000");
    sink_.host.now_us = kNow;
  }
  void start_peer(const std::string& how = {}) {
    peer_ =
        std::make_unique<Child>(std::vector<std::string>{BUS_NOTIFY_PEER, address_, folder_ / "notes", how});
    ASSERT_EQ(peer_->line(), "ready");
  }
  // What the host does: calls of watches and timers that are due, until `done`.
  void run(const std::function<bool()>& done) {
    testing::FakeAbilities& world = sink_.host.abilities;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      for (auto at = world.timers.begin(); at != world.timers.end();) {
        const auto here = at++;
        if (here->second.delay_us == 0) {
          world.fire(here->first);
          at = world.timers.begin();
        }
      }
      for (const auto& [id, watch] : std::map(world.watches)) {
        pollfd ready{watch.fd,
                     static_cast<short>(((watch.events & BUS_FD_READABLE) != 0 ? POLLIN : 0) |
                                        ((watch.events & BUS_FD_WRITABLE) != 0 ? POLLOUT : 0)),
                     0};
        if (::poll(&ready, 1, 10) > 0 && world.watches.count(id) != 0) world.ready(watch.fd, watch.events);
      }
    }
  }
  std::int32_t deliver(std::vector<SinkEvent> events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      events[i].seq = ++seq_;
      if (events[i].received_us == 0) events[i].received_us = kNow;
    }
    const std::size_t before = sink_.host.abilities.answered.size();
    const std::int32_t code = sink_.deliver(std::move(events));
    if (code != BUS_LATER) return code;
    run([&] { return sink_.host.abilities.answered.size() > before; });
    return sink_.host.abilities.answered.back().code;
  }
  std::vector<std::string> notes() {
    std::vector<std::string> all;
    std::ifstream in(folder_ / "notes");
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  std::string last_report() { return sink_.host.reports.empty() ? "" : sink_.host.reports.back().second; }

  testing::TempFolder folder_;
  std::unique_ptr<Child> bus_, peer_;
  std::string address_;
  testing::SinkDriver sink_{bus_plugin_v1};
  std::uint64_t seq_ = 0;
};

TEST_F(NotifySinkTest, ShowsEventsAndReplacesThoseOfOneTask) {
  start_peer();
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_TRUE(sink_.host.reports.empty());
  SinkEvent task{.summary = "build runs", .task_id = "t:1", .url = "https://x/?a&b"};
  EXPECT_EQ(deliver({task, {.subject = "<b>s</b>", .summary = "a <i>note</i>\n\x1b[31m"}}), BUS_OK);
  task.summary = "build failed", task.state = BUS_TASK_FINISHED, task.result = BUS_RESULT_FAILURE;
  EXPECT_EQ(deliver({task}), BUS_OK);
  const auto all = notes();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0], "1\t0\t1\t-1\tdialog-information\tbuild runs\thttps://x/?a&amp;b");
  EXPECT_EQ(all[1], "2\t0\t1\t-1\tdialog-information\ta <i>note</i>  [31m\t&lt;b&gt;s&lt;/b&gt;");
  EXPECT_EQ(all[2], "1\t1\t2\t-1\tdialog-error\tbuild failed\thttps://x/?a&amp;b");
}

TEST_F(NotifySinkTest, WithoutMarkupTextIsText) {
  start_peer("plain");
  ASSERT_EQ(sink_.start(), BUS_OK);
  sink_.host.set("rate", "0");
  // The first may be shown before the capabilities are known; then it is escaped.
  EXPECT_EQ(deliver({{.subject = "a"}, {.subject = "<s>"}}), BUS_OK);
  ASSERT_THAT(notes(), SizeIs(2));
  EXPECT_THAT(notes()[1], HasSubstr("\t<s>"));
}

TEST_F(NotifySinkTest, NobodyThereIsRetriedUntilTheEventIsTooOld) {
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver({{.summary = "a"}}), BUS_UNAVAILABLE);
  EXPECT_THAT(sink_.host.abilities.answered.back().delivery.message, HasSubstr("no notification daemon"));
  sink_.host.now_us += 301'000'000;
  --seq_;
  EXPECT_EQ(deliver({{.summary = "a"}}), BUS_OK);
  EXPECT_EQ(sink_.host.reports.back().first, BUS_HEALTH_DEGRADED);
  EXPECT_THAT(last_report(), HasSubstr("no notification daemon"));
  start_peer();
  EXPECT_EQ(deliver({{.summary = "b", .received_us = sink_.host.now_us}}), BUS_OK);
  ASSERT_THAT(notes(), SizeIs(1));
  EXPECT_THAT(notes()[0], HasSubstr("\tb\t"));
}

TEST_F(NotifySinkTest, ADaemonThatStartsAnewCountsAnew) {
  start_peer();
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver({{.summary = "a", .task_id = "t:1"}}), BUS_OK);
  peer_.reset();
  start_peer();
  EXPECT_EQ(deliver({{.summary = "b"}}), BUS_OK);  // by then the change has come through
  EXPECT_EQ(deliver({{.summary = "c", .task_id = "t:1"}}), BUS_OK);
  EXPECT_TRUE(notes().back().starts_with("2\t0\t")) << notes().back();
}

TEST_F(NotifySinkTest, ARefusalOfTheDesktopIsTold) {
  start_peer("deny");
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver({{.summary = "a"}}), BUS_UNAVAILABLE);
  EXPECT_THAT(sink_.host.abilities.answered.back().delivery.message, HasSubstr("the screen is <full>"));
}

TEST_F(NotifySinkTest, ABusThatGoesAwayComesBack) {
  start_peer();
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver({{.summary = "a"}}), BUS_OK);
  bus_.reset();
  EXPECT_EQ(deliver({{.summary = "b"}}), BUS_UNAVAILABLE);
  bus_ = std::make_unique<Child>(std::vector<std::string>{
      "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", "--address=" + address_});
  ASSERT_FALSE(bus_->line().empty());
  start_peer();
  EXPECT_EQ(deliver({{.summary = "b"}}), BUS_OK);
  EXPECT_THAT(notes().back(), HasSubstr("\tb\t"));
}

TEST_F(NotifySinkTest, WhatIsTooMuchIsCountedInOne) {
  start_peer();
  sink_.host.set("rate", "2");
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver({{.summary = "a"}, {.summary = "b"}, {.summary = "c"}, {.summary = "d"}}), BUS_OK);
  EXPECT_THAT(notes(), SizeIs(2));
  sink_.host.now_us += 30'000'000;
  auto& timers = sink_.host.abilities.timers;
  for (const auto& [id, timer] : std::map(timers)) {
    if (timer.delay_us == 30'000'000) sink_.host.abilities.fire(id);
  }
  run([&] { return notes().size() == 3; });
  EXPECT_THAT(notes()[2], HasSubstr("\t2 more events\t"));
}

TEST_F(NotifySinkTest, ReportsThatTellNothingNewAreNotShown) {
  start_peer();
  ASSERT_EQ(sink_.start(), BUS_OK);
  EXPECT_EQ(deliver({{.summary = "old", .received_us = kNow - 301'000'000}}), BUS_OK);
  EXPECT_TRUE(notes().empty());
}

TEST(NotifySink, StartsWithoutABusAndSaysSo) {
  testing::SinkDriver sink(bus_plugin_v1);
  sink.host.set("address", "unix:path=/nonexistent/bus");
  sink.host.set("max_age", "300000000");
  sink.host.now_us = kNow;
  ASSERT_EQ(sink.start(), BUS_OK);
  ASSERT_EQ(sink.host.reports.size(), 1u);
  EXPECT_EQ(sink.host.reports[0].first, BUS_HEALTH_DEGRADED);
  EXPECT_THAT(sink.host.reports[0].second, HasSubstr("DBUS_SESSION_BUS_ADDRESS"));
  EXPECT_EQ(sink.deliver({{.seq = 1, .received_us = kNow}}), BUS_UNAVAILABLE);
  sink.stop();
  sink.stop();
}

TEST(NotifySink, WrongSettingsAreRefused) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"max_age", "0"}, {"rate", "-1"}, {"rate", "601"}, {"timeout", "-1"}};
  for (const auto& [name, value] : kWrong) {
    testing::SinkDriver sink(bus_plugin_v1);
    sink.host.set("max_age", "300000000");
    sink.host.set(name, value);
    EXPECT_FALSE(sink.create()) << name;
    EXPECT_EQ(sink.error.code, BUS_INVALID);
  }
}

}  // namespace
}  // namespace bus::notify
