// The source through its C entry points.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bus/plugin.h"
#include "tests/support/fake_plugin_host.h"

namespace {

using bus::testing::FakeAbilities;
using bus::testing::FakePluginHost;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class ExecPlugin : public ::testing::Test {
 protected:
  ExecPlugin() {
    host.set_list("command", {"feed", "--now"});
    host.set("line_bound", "1048576");
    host.set("restart_pause", "1000000");
    host.set("restart_pause_max", "300000000");
    host.abilities.forms["{1}"] = {"one", "k1", "{}"};
    host.abilities.forms["{2}"] = {"two"};
  }
  ~ExecPlugin() override {
    if (source_ == nullptr) return;
    source_->stop(source_->self);
    source_->destroy(source_->self);
  }
  bool create() {
    error_.size = sizeof error_;
    source_ = bus_plugin_v1.create_source(host.table(), &error_);
    return source_ != nullptr;
  }
  bool start() { return create() && source_->start(source_->self, &error_) == BUS_OK; }

  std::uint64_t id() const { return host.abilities.programs.begin()->first; }
  FakeAbilities::Started& program() { return host.abilities.programs.begin()->second; }
  bool reads() { return (program().reading & BUS_STDOUT) != 0; }
  // The delay of the only timer.
  std::uint64_t delay() const {
    EXPECT_THAT(host.abilities.timers, SizeIs(1));
    return host.abilities.timers.empty() ? 0 : host.abilities.timers.begin()->second.delay_us;
  }
  void fire() {
    ASSERT_THAT(host.abilities.timers, SizeIs(1));
    host.abilities.fire(host.abilities.timers.begin()->first);
  }
  std::vector<std::string> types() const {
    std::vector<std::string> all;
    for (const auto& event : host.events) all.push_back(event.type);
    return all;
  }

  FakePluginHost host{bus_plugin_v1};
  const bus_source* source_ = nullptr;
  bus_error error_{};
};

TEST_F(ExecPlugin, RunsTheProgramAsItIsConfigured) {
  host.set("directory", "/srv");
  host.set_list("environment", {"A=1", "B=x=y"});
  ASSERT_TRUE(start());
  EXPECT_EQ(program().path, "/usr/bin/feed");
  EXPECT_THAT(program().argv, ElementsAre("feed", "--now"));
  EXPECT_THAT(program().env, ElementsAre(Pair("A", "1"), Pair("B", "x=y")));
  EXPECT_EQ(program().cwd, "/srv");
  EXPECT_EQ(program().flags, static_cast<std::uint32_t>(BUS_PROCESS_LINES));
  EXPECT_THAT(host.reports, ElementsAre(Pair(BUS_HEALTH_OK, "")));
}

TEST_F(ExecPlugin, WrongSettingsAreRefused) {
  const auto refused = [this](const char* part) {
    EXPECT_FALSE(create());
    EXPECT_EQ(error_.code, BUS_INVALID);
    EXPECT_THAT(error_.message, HasSubstr(part));
  };
  host.set_list("command", {});
  refused("must name a program");
  host.set_list("command", {""});
  refused("must name a program");
  host.set_list("command", {"feed"});
  host.set_list("environment", {"=x"});
  refused("NAME=value");
  host.set_list("environment", {});
  host.set("timeout", "1000000");
  refused("timeout goes with every");
  host.set("every", "1000");
  refused("every must be 1s");
  host.set("every", "1000000");
  host.set("line_bound", "1");
  refused("line_bound");
  host.set("line_bound", "1024");
  host.set("restart_pause", "1");
  refused("restart_pause");
}

TEST_F(ExecPlugin, AProgramThatIsNotThereFailsTheStart) {
  ASSERT_TRUE(create());
  host.abilities.start_answer = BUS_INVALID;
  EXPECT_EQ(source_->start(source_->self, &error_), BUS_INVALID);
}

TEST_F(ExecPlugin, LinesBecomeEventsAndBadOnesAreKept) {
  ASSERT_TRUE(start());
  host.abilities.output(id(), {"{1}", "oops", "", "{2}"});
  EXPECT_THAT(types(), ElementsAre("one", "exec_bad_line", "two"));
  EXPECT_EQ(host.events[0].key, "exec/k1");
  EXPECT_EQ(host.events[1].raw, "oops");
  EXPECT_THAT(host.logged, ElementsAre("line 2 is no event: it is no event"));
  EXPECT_EQ(program().written, "");
}

TEST_F(ExecPlugin, TooManyBadLinesAreOnlyCounted) {
  ASSERT_TRUE(start());
  host.abilities.output(id(), std::vector<std::string>(100, "oops"));
  EXPECT_THAT(host.events, SizeIs(60));
  host.now_us += 60'000'000;
  host.abilities.output(id(), {"oops"});
  EXPECT_THAT(host.events, SizeIs(61));
  EXPECT_THAT(host.logged.back(), HasSubstr("(40 before it were only counted)"));
}

TEST_F(ExecPlugin, AcknowledgesEachLine) {
  host.set("acknowledge", "true");
  ASSERT_TRUE(start());
  EXPECT_EQ(program().flags, static_cast<std::uint32_t>(BUS_PROCESS_LINES | BUS_PROCESS_STDIN));
  host.abilities.output(id(), {"{1}", "oops"});
  EXPECT_EQ(program().written,
            "{\"line\":1,\"ok\":true,\"seq\":1,\"id\":\"ID\"}\n"
            "{\"line\":2,\"ok\":false,\"code\":\"invalid\",\"message\":\"it is no event\"}\n");
}

TEST_F(ExecPlugin, WhatTheHostRefusesIsABadLine) {
  host.set("acknowledge", "true");
  ASSERT_TRUE(start());
  host.judge = [](const FakePluginHost::Taken& event) { return event.type == "one" ? BUS_INVALID : BUS_OK; };
  host.abilities.output(id(), {"{1}", "{2}"});
  EXPECT_THAT(types(), ElementsAre("two", "exec_bad_line"));
  EXPECT_THAT(program().written,
              HasSubstr("{\"line\":1,\"ok\":false,\"code\":\"invalid\",\"message\":\"not taken\"}"));
}

TEST_F(ExecPlugin, WhileTheHostCannotStoreTheProgramWaits) {
  host.set("acknowledge", "true");
  ASSERT_TRUE(start());
  host.answer = BUS_UNAVAILABLE;
  host.abilities.output(id(), {"{1}"});
  host.abilities.output(id(), {"{2}"});  // was read before the pause counted
  EXPECT_FALSE(reads());
  EXPECT_EQ(delay(), 1'000'000u);
  fire();
  EXPECT_FALSE(reads());
  EXPECT_EQ(program().written, "");
  host.answer = BUS_OK;
  fire();
  EXPECT_TRUE(reads());
  EXPECT_THAT(types(), ElementsAre("one", "two"));
  EXPECT_THAT(program().written, HasSubstr("\"line\":2,\"ok\":true"));
  EXPECT_THAT(host.abilities.timers, IsEmpty());
}

TEST_F(ExecPlugin, OnlyWhatIsNotStoredIsStoredAgain) {
  ASSERT_TRUE(start());
  host.judge = [](const FakePluginHost::Taken& event) {
    return event.type == "one" ? BUS_UNAVAILABLE : BUS_OK;
  };
  host.abilities.output(id(), {"{1}", "{2}"});
  host.judge = {};
  fire();
  EXPECT_THAT(types(), ElementsAre("two", "one"));
}

TEST_F(ExecPlugin, AProgramThatDoesNotReadWaits) {
  host.set("acknowledge", "true");
  ASSERT_TRUE(start());
  program().write_answer = BUS_UNAVAILABLE;
  host.abilities.output(id(), {"{1}"});
  EXPECT_FALSE(reads());
  EXPECT_THAT(host.events, SizeIs(1));
  host.abilities.drained(id());
  EXPECT_TRUE(reads());
  EXPECT_THAT(program().written, HasSubstr("\"line\":1"));
}

TEST_F(ExecPlugin, AProgramThatClosedItsStdinGoesOn) {
  host.set("acknowledge", "true");
  ASSERT_TRUE(start());
  program().write_answer = BUS_INVALID;
  host.abilities.output(id(), {"{1}"});
  EXPECT_TRUE(reads());
  host.abilities.output(id(), {"{2}"});
  EXPECT_THAT(types(), ElementsAre("one", "two"));
}

TEST_F(ExecPlugin, StderrGoesToTheLog) {
  ASSERT_TRUE(start());
  host.abilities.output(id(), {"warning: \xff"}, BUS_STDERR);
  EXPECT_THAT(host.logged, ElementsAre("warning: \xEF\xBF\xBD"));
  EXPECT_THAT(host.events, IsEmpty());
  host.abilities.output(id(), std::vector<std::string>(200, "x"), BUS_STDERR);
  EXPECT_THAT(host.logged, SizeIs(120));
  host.now_us += 60'000'000;
  host.abilities.output(id(), {"y"}, BUS_STDERR);
  EXPECT_THAT(host.logged[120], HasSubstr("81 lines of its stderr were left out"));
}

TEST_F(ExecPlugin, StderrCanBeIgnored) {
  host.set("stderr", "ignore");
  ASSERT_TRUE(start());
  EXPECT_EQ(program().flags, static_cast<std::uint32_t>(BUS_PROCESS_LINES | BUS_PROCESS_NO_STDERR));
}

TEST_F(ExecPlugin, AProgramThatEndsIsStartedAgainAfterAGrowingPause) {
  ASSERT_TRUE(start());
  std::uint64_t last = 0;
  for (int i = 0; i < 4; ++i) {
    host.abilities.exit(id(), 3);
    EXPECT_EQ(host.reports.back().first, BUS_HEALTH_RETRYING);
    EXPECT_THAT(host.reports.back().second, HasSubstr("its program ended (exit 3); it is started again in"));
    EXPECT_GT(delay(), last);
    last = delay();
    fire();
    ASSERT_THAT(host.abilities.programs, SizeIs(1));
    EXPECT_EQ(host.reports.back().first, BUS_HEALTH_RETRYING);
  }
  EXPECT_EQ(delay(), 10'000'000u);
  fire();
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_OK);
  host.abilities.exit(id(), 0);
  host.abilities.start_answer = BUS_DENIED;
  fire();
  EXPECT_THAT(host.reports.back().second, HasSubstr("cannot be started"));
  EXPECT_THAT(host.abilities.timers, SizeIs(1));
}

TEST_F(ExecPlugin, LinesAreCountedAnewInEachRun) {
  host.set("acknowledge", "true");
  ASSERT_TRUE(start());
  host.abilities.output(id(), {"{1}", "{2}"});
  host.abilities.exit(id(), 1);
  fire();
  host.abilities.output(id(), {"{2}"});
  EXPECT_THAT(program().written, HasSubstr("{\"line\":1,"));
}

TEST_F(ExecPlugin, OneRunIsNotToldWhatAnotherWrote) {
  host.set("acknowledge", "true");
  ASSERT_TRUE(start());
  host.answer = BUS_UNAVAILABLE;
  host.abilities.output(id(), {"{1}"});
  host.abilities.exit(id(), 1);
  const auto timers = host.abilities.timers;  // to store again, and to start again
  ASSERT_THAT(timers, SizeIs(2));
  host.abilities.fire(timers.rbegin()->first);
  host.answer = BUS_OK;
  host.abilities.fire(timers.begin()->first);
  EXPECT_THAT(types(), ElementsAre("one"));
  EXPECT_EQ(program().written, "");
  EXPECT_TRUE(reads());
}

TEST_F(ExecPlugin, AnIntervalIsCountedFromStartToStart) {
  host.set("every", "60000000");
  ASSERT_TRUE(start());
  EXPECT_THAT(host.reports, IsEmpty());
  host.now_us += 10'000'000;
  host.abilities.exit(id(), 0);
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_OK);
  EXPECT_EQ(delay(), 50'000'000u);
  fire();
  host.now_us += 130'000'000;
  host.abilities.exit(id(), 2);
  EXPECT_THAT(host.reports.back(), Pair(BUS_HEALTH_RETRYING, "its last run ended badly (exit 2)"));
  EXPECT_EQ(delay(), 50'000'000u);
}

TEST_F(ExecPlugin, ARunThatTakesTooLongIsStopped) {
  host.set("every", "60000000");
  host.set("timeout", "5000000");
  ASSERT_TRUE(start());
  EXPECT_EQ(delay(), 5'000'000u);
  fire();
  EXPECT_TRUE(program().stopped);
  host.now_us += 6'000'000;
  host.abilities.exit(id(), 0, 15);
  EXPECT_THAT(host.reports.back(), Pair(BUS_HEALTH_RETRYING, "its last run took too long and was stopped"));
  EXPECT_EQ(delay(), 54'000'000u);
}

TEST_F(ExecPlugin, StopIsSafeWithoutStartAndTwice) {
  ASSERT_TRUE(create());
  source_->stop(source_->self);
  source_->stop(source_->self);
}

TEST_F(ExecPlugin, WhatIsNotStoredAtTheStopIsSaid) {
  ASSERT_TRUE(start());
  host.answer = BUS_STOPPING;
  host.abilities.output(id(), {"{1}"});
  source_->stop(source_->self);
  EXPECT_THAT(host.logged, ElementsAre("1 lines could not be stored before the stop"));
  EXPECT_THAT(host.abilities.timers, IsEmpty());
}

}  // namespace
