// The source through its C entry points.
#include "bus/plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/fake_plugin_host.h"
#include "tests/support/temp_folder.h"

namespace {

using bus::testing::FakePluginHost;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PytestPlugin : public ::testing::Test {
 protected:
  PytestPlugin() { host.set("silence", "60000000"); }  // this host takes durations in µs
  ~PytestPlugin() override { end(); }
  void end() {
    if (source_ == nullptr) return;
    source_->stop(source_->self);
    source_->destroy(source_->self);
    source_ = nullptr;
  }
  bool create() {
    error_.size = sizeof error_;
    source_ = bus_plugin_v1.create_source(host.table(), &error_);
    if (source_ == nullptr) return false;
    intake_ = static_cast<const bus_intake*>(source_->get_extension(source_->self, BUS_EXT_INTAKE));
    return intake_ != nullptr && source_->start(source_->self, &error_) == BUS_OK;
  }
  std::int32_t send(const std::string& message) {
    reply_ = {};
    reply_.size = sizeof reply_;
    return intake_->on_message(source_->self, {message.data(), message.size()}, &reply_, &error_);
  }
  std::int32_t report(const std::string& reports) {
    return send(R"({"session":{"id":"s1","scope":"hello"},"reports":[)" + reports + "]}");
  }
  std::string reply() const { return std::string(reply_.json.ptr, reply_.json.len); }
  std::vector<std::string> summaries() const {
    std::vector<std::string> all;
    for (const auto& event : host.events) all.push_back(event.summary);
    return all;
  }
  void fire() { host.abilities.fire(host.abilities.timers.begin()->first); }

  FakePluginHost host{bus_plugin_v1};
  const bus_source* source_ = nullptr;
  const bus_intake* intake_ = nullptr;
  bus_intake_reply reply_{};
  bus_error error_{};
};

constexpr const char* kStart = R"({"n":1,"what":"start"})";
constexpr const char* kFinish = R"({"n":2,"what":"finish","exit":0})";

TEST_F(PytestPlugin, NeedsNoSettings) {
  EXPECT_STREQ(bus_plugin_v1.name, "pytest");
  EXPECT_TRUE(create());
  EXPECT_THAT(host.abilities.timers, IsEmpty());
  EXPECT_THAT(host.abilities.watches, IsEmpty());
}

TEST_F(PytestPlugin, WrongSettingsAreRefused) {
  host.set("silence", "1000000");
  EXPECT_FALSE(create());
  EXPECT_EQ(error_.code, BUS_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("silence"));
}

TEST_F(PytestPlugin, PostsWhatAMessageMeans) {
  ASSERT_TRUE(create());
  EXPECT_EQ(report(kStart), BUS_OK);
  EXPECT_EQ(reply(), "");
  ASSERT_EQ(host.events.size(), 1u);
  EXPECT_EQ(host.events[0].type, "pytest_session");
  EXPECT_EQ(host.events[0].key, "s1/1");
}

TEST_F(PytestPlugin, AWrongMessageIsRefusedByName) {
  ASSERT_TRUE(create());
  EXPECT_EQ(report(R"({"n":1,"what":"dance"})"), BUS_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("reports[0].what"));
  EXPECT_THAT(host.events, IsEmpty());
}

TEST_F(PytestPlugin, AFileIsAnsweredWithWhatIsInIt) {
  ASSERT_TRUE(create());
  EXPECT_EQ(send(R"({"name":"/r/junit.xml","junit":"<testsuite><testcase name='a'/></testsuite>"})"), BUS_OK);
  EXPECT_THAT(reply(), HasSubstr(R"("tests":1,"counts":{"passed":1},"ok":true})"));
  EXPECT_EQ(host.events.size(), 3u);
  EXPECT_EQ(send(R"({"name":"/r/junit.xml","junit":"<testsuite><testcase name='a'/>"})"), BUS_OK);
  EXPECT_THAT(reply(), HasSubstr(R"("problem":"line 1, column 32: the file ends too early"})"));
}

TEST_F(PytestPlugin, AFileOfWhichNothingCanBeReadIsRefused) {
  ASSERT_TRUE(create());
  EXPECT_EQ(send(R"({"name":"/r/x.xml","junit":"<!DOCTYPE x><testsuite/>"})"), BUS_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("document type"));
  EXPECT_THAT(host.events, IsEmpty());
}

TEST_F(PytestPlugin, ASessionThatFallsSilentIsUnknownUntilItIsHeard) {
  ASSERT_TRUE(create());
  EXPECT_EQ(report(kStart), BUS_OK);
  ASSERT_EQ(host.abilities.timers.size(), 1u);
  fire();
  EXPECT_EQ(host.events.size(), 1u);
  host.now_us += 61'000'000;
  fire();
  EXPECT_THAT(host.abilities.timers, IsEmpty());  // nothing is left to watch
  EXPECT_EQ(report(""), BUS_OK);
  EXPECT_THAT(summaries(),
              ElementsAre("tests are collected (hello)", "how the tests end is not known: silent (hello)",
                          "tests run: 0 (hello)"));
  EXPECT_EQ(host.abilities.timers.size(), 1u);
  EXPECT_EQ(report(kFinish), BUS_OK);
  EXPECT_THAT(host.abilities.timers, IsEmpty());
}

TEST_F(PytestPlugin, AnOpenSessionIsRememberedOverARestart) {
  ASSERT_TRUE(create());
  EXPECT_EQ(report(kStart), BUS_OK);
  end();
  ASSERT_TRUE(create());
  ASSERT_EQ(host.abilities.timers.size(), 1u);
  host.now_us += 61'000'000;
  fire();
  EXPECT_EQ(host.events.back().summary, "how the tests end is not known: silent (hello)");
}

TEST_F(PytestPlugin, WhatTheHostDoesNotTakeIsNotAnsweredAsTaken) {
  ASSERT_TRUE(create());
  host.answer = BUS_STOPPING;
  EXPECT_EQ(report(kStart), BUS_STOPPING);
}

TEST_F(PytestPlugin, ReadsTheReportsOfAWatchedFolder) {
  const bus::testing::TempFolder folder;
  host.set_list("watch", {folder.path()});
  ASSERT_TRUE(create());
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_OK);
  std::ofstream(folder / "a.xml") << "<testsuite><testcase name='a'/></testsuite>";
  std::ofstream(folder / "other.json") << "{}";
  ASSERT_EQ(host.abilities.watches.size(), 1u);
  host.abilities.ready(host.abilities.watches.begin()->second.fd);
  ASSERT_EQ(host.events.size(), 3u);
  EXPECT_EQ(host.events[1].type, "junit_test");
}

TEST_F(PytestPlugin, AFolderThatIsNotThereIsNothingWrong) {
  host.set_list("watch", {"/nowhere/at/all"});
  ASSERT_TRUE(create());
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_IDLE);
}

TEST_F(PytestPlugin, StopIsSafeWithoutStartAndTwice) {
  source_ = bus_plugin_v1.create_source(host.table(), nullptr);
  ASSERT_NE(source_, nullptr);
  source_->stop(source_->self);
  source_->stop(source_->self);
}

}  // namespace
