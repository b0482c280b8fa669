// The source through its C entry points, with the real inotify and a host without anything behind it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "bus/plugin.h"
#include "tests/support/fake_plugin_host.h"
#include "tests/support/temp_folder.h"

namespace {

using bus::testing::FakePluginHost;
using bus::testing::TempFolder;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace stdfs = std::filesystem;

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class FsPlugin : public ::testing::Test {
 protected:
  ~FsPlugin() override { end(); }

  bool create() {
    error_.size = sizeof error_;
    source_ = bus_plugin_v1.create_source(host.table(), &error_);
    return source_ != nullptr;
  }
  void start() {
    ASSERT_TRUE(create()) << error_.message;
    ASSERT_EQ(source_->start(source_->self, &error_), BUS_OK) << error_.message;
  }
  void start_with(const std::string& path) {
    host.set_list("paths", {path});
    host.set("debounce", "1000");
    host.set("max_wait", "100000");
    start();
    pump([&] { return !timers(); });
  }
  void end() {
    if (source_ == nullptr) return;
    source_->stop(source_->self);
    source_->destroy(source_->self);
    source_ = nullptr;
  }
  bool timers() const { return !host.abilities.timers.empty(); }

  // What the instance's thread does: sleeps until something is due, and calls. Until `done`, or there is
  // nothing to wait for.
  void pump(const std::function<bool()>& done) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::seconds(60);
    while (!done()) {
      ASSERT_LT(Clock::now(), end) << "it does not happen";
      std::uint64_t first = 0, delay = std::numeric_limits<std::uint64_t>::max();
      for (const auto& [id, timer] : host.abilities.timers) {
        if (timer.delay_us < delay) first = id, delay = timer.delay_us;
      }
      std::vector<pollfd> fds;
      for (const auto& [id, watch] : host.abilities.watches) fds.push_back({watch.fd, POLLIN, 0});
      const int wait = first == 0 ? 1000 : static_cast<int>(std::min<std::uint64_t>(delay / 1000 + 1, 1000));
      if (::poll(fds.data(), fds.size(), wait) > 0) {
        for (const pollfd& fd : fds) {
          if (fd.revents != 0) host.abilities.ready(fd.fd);
        }
      } else if (first != 0) {
        host.abilities.fire(first);
      }
    }
  }
  void pump_until_events(std::size_t count) {
    pump([&] { return host.events.size() >= count; });
  }
  std::string message(const std::string& json, std::int32_t code = BUS_OK) {
    const auto* intake =
        static_cast<const bus_intake*>(source_->get_extension(source_->self, BUS_EXT_INTAKE));
    bus_intake_reply reply{};
    reply.size = sizeof reply;
    EXPECT_EQ(intake->on_message(source_->self, {json.data(), json.size()}, &reply, &error_), code)
        << error_.message;
    return std::string(reply.json.ptr == nullptr ? "" : reply.json.ptr, reply.json.len);
  }

  FakePluginHost host{bus_plugin_v1};
  const bus_source* source_ = nullptr;
  bus_error error_{};
};

TEST_F(FsPlugin, SaysWhatItIs) {
  EXPECT_STREQ(bus_plugin_v1.name, "fs");
  EXPECT_EQ(bus_plugin_v1.role, static_cast<std::uint32_t>(BUS_ROLE_SOURCE));
}

TEST_F(FsPlugin, CostsNothingUntilAsked) {
  start();
  EXPECT_THAT(host.abilities.watches, IsEmpty());
  EXPECT_FALSE(timers());
  EXPECT_THAT(host.events, IsEmpty());
}

TEST_F(FsPlugin, WrongSettingsAreRefused) {
  host.set_list("paths", {"relative"});
  EXPECT_FALSE(create());
  EXPECT_EQ(error_.code, BUS_INVALID);
  host.set_list("paths", {});
  host.set("batch_limit", "0");
  EXPECT_FALSE(create());
  EXPECT_THAT(error_.message, HasSubstr("batch_limit"));
}

TEST_F(FsPlugin, TellsABurstAsOneEventAndIsQuietThen) {
  const TempFolder folder;
  stdfs::create_directory(folder / "src");
  start_with(folder.path());
  ASSERT_EQ(host.events.size(), 1u);
  EXPECT_EQ(host.events[0].type, "fs_root");
  EXPECT_THAT(host.events[0].data, HasSubstr(R"("state":"watched","files":0,"folders":1)"));
  write(folder / "src/a", "x");
  write(folder / "b", "x");
  pump([&] { return host.events.size() > 1 && !timers(); });
  std::string all;
  for (const auto& event : host.events) all += event.data;
  EXPECT_THAT(all, HasSubstr(R"({"kind":"created","path":"src/a","type":"file"})"));
  EXPECT_THAT(all, HasSubstr(R"({"kind":"created","path":"b","type":"file"})"));
  EXPECT_EQ(host.events[1].type, "fs_change");
  EXPECT_EQ(host.events[1].scope, folder.path());
  EXPECT_EQ(host.abilities.watches.size(), 1u);
}

TEST_F(FsPlugin, TellsEachChangeByItself) {
  const TempFolder folder;
  host.set("events", "each");
  start_with(folder.path());
  for (int i = 0; i < 600; ++i) write(folder / std::to_string(i), "x");
  pump_until_events(601);
  std::vector<std::string> keys;
  for (const auto& event : host.events) keys.push_back(event.key);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::unique(keys.begin(), keys.end()), keys.end());
  EXPECT_THAT(host.events.back().summary, HasSubstr("created "));
}

TEST_F(FsPlugin, ARootThatIsNotThereIsWaitedFor) {
  const TempFolder folder;
  start_with(folder / "a/b");
  ASSERT_FALSE(host.reports.empty());
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_IDLE) << host.reports.back().second;
  EXPECT_THAT(host.events, IsEmpty());
  stdfs::create_directories(folder / "a/b");
  write(folder / "a/b/x", "x");
  pump_until_events(2);
  EXPECT_THAT(host.events[0].data, HasSubstr(R"("state":"back")"));
  EXPECT_THAT(host.events[1].data, HasSubstr(R"("path":"x")"));
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_OK);
}

TEST_F(FsPlugin, ARootThatGoesAndComesBackIsTold) {
  const TempFolder folder;
  stdfs::create_directories(folder / "a/tree");
  write(folder / "a/tree/x", "x");
  start_with(folder / "a/tree");
  stdfs::rename(folder / "a", folder / "b");  // what is above it moves
  pump_until_events(3);
  EXPECT_THAT(host.events[1].data, HasSubstr(R"("kind":"deleted","path":"x")"));
  EXPECT_THAT(host.events[2].data, HasSubstr(R"("state":"gone")"));
  EXPECT_EQ(host.reports.back().first, BUS_HEALTH_IDLE);
  stdfs::rename(folder / "b", folder / "a");
  pump_until_events(5);
  EXPECT_THAT(host.events[3].data, HasSubstr(R"("state":"back")"));
  EXPECT_THAT(host.events[4].data, HasSubstr(R"("kind":"created","path":"x")"));
}

TEST_F(FsPlugin, TheHostsOwnFoldersAreNotWatched) {
  const TempFolder folder;
  stdfs::create_directories(folder / "state/logs");
  ::setenv("BUS_STATE_DIR", (folder / "state").c_str(), 1);
  start_with(folder.path());
  write(folder / "state/logs/x", "x");
  write(folder / "seen", "x");
  pump_until_events(2);
  ::unsetenv("BUS_STATE_DIR");
  for (const auto& event : host.events) EXPECT_THAT(event.data, ::testing::Not(HasSubstr("logs")));
}

TEST_F(FsPlugin, ASingleFileIsWatchedThroughItsFolder) {
  const TempFolder folder;
  write(folder / "a", "x");
  write(folder / "b", "x");
  start_with(folder / "a");
  write(folder / "b", "other");
  write(folder / "a.tmp", "new");
  stdfs::rename(folder / "a.tmp", folder / "a");
  pump_until_events(2);
  EXPECT_THAT(host.events[1].data, HasSubstr(R"("kind":"modified","path":"a")"));
  EXPECT_THAT(host.events[1].data, HasSubstr(R"("counts":{"modified":1})"));
}

TEST_F(FsPlugin, WhatTheHostDoesNotTakeIsToldLaterUnderItsKey) {
  const TempFolder folder;
  start_with(folder.path());
  host.answer = BUS_UNAVAILABLE;
  write(folder / "a", "x");
  pump([&] { return !timers() || host.abilities.timers.begin()->second.delay_us > 50'000; });
  EXPECT_EQ(host.events.size(), 1u);
  host.answer = BUS_OK;
  pump_until_events(2);
  EXPECT_THAT(host.events[1].data, HasSubstr(R"("path":"a")"));
}

TEST_F(FsPlugin, ALeaseEndsWithItsProcess) {
  const TempFolder folder;
  start();
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
  std::string text;
  std::getline(stat, text);
  std::size_t at = text.rfind(')');
  for (int field = 2; field < 22; ++field) at = text.find(' ', at + 1);
  const std::string started = text.substr(at + 1, text.find(' ', at + 1) - at - 1);
  const std::string ask = R"({"pid":)" + std::to_string(child) + R"(,"started":)" + started +
                          R"(,"watch":{"paths":[")" + folder.path() + R"("],"debounce_us":1000}})";
  const std::string reply = message(ask);
  EXPECT_THAT(reply, HasSubstr(R"("renew_s":0)"));
  pump_until_events(1);
  EXPECT_EQ(message(ask).substr(0, 28), reply.substr(0, 28)) << "the same wish is the same watch";
  EXPECT_THAT(message(ask), HasSubstr(R"("ready":true)"));
  write(folder / "a", "x");
  pump_until_events(2);
  const std::string id = reply.substr(10, 17);
  EXPECT_THAT(host.events[1].data, HasSubstr("\"watch\":\"" + id + "\""));
  ::kill(child, SIGKILL);
  pump([&] { return host.abilities.watches.empty(); });
  ::waitpid(child, nullptr, 0);
  pump([&] { return !timers(); });
}

TEST_F(FsPlugin, ALeaseOfAProcessThatIsNotSeenHasATerm) {
  const TempFolder folder;
  start();
  const std::string reply = message(R"({"watch":{"paths":[")" + folder.path() + R"("]}})");
  EXPECT_THAT(reply, HasSubstr(R"("renew_s":20)"));
  pump([&] { return host.events.size() == 1 && host.abilities.timers.size() == 1; });
  EXPECT_EQ(host.abilities.timers.begin()->second.delay_us, 60'000'000u);
  host.abilities.fire(host.abilities.timers.begin()->first);
  EXPECT_THAT(host.abilities.watches, IsEmpty());
}

TEST_F(FsPlugin, ABadMessageIsRefused) {
  start();
  message(R"({"watch":{"paths":["relative"]}})", BUS_INVALID);
  EXPECT_THAT(host.abilities.watches, IsEmpty());
}

TEST_F(FsPlugin, StopIsSafeWithoutStartAndTwice) {
  ASSERT_TRUE(create());
  source_->stop(source_->self);
  source_->stop(source_->self);
}

}  // namespace
