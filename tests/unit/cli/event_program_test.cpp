#include "core/cli/event_program.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::string_view kEvent =
    R"({"seq":7,"id":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C","source":"cli","type":"a","scope":"s","task":{"id":"t","state":"finished","result":"success"},"data":{"x":"y"}})";

class EventProgramTest : public ::testing::Test {
 protected:
  Result<int> run(const std::string& script, bool on_stdin = false, std::string path = "/bin/sh") {
    json::Document document;
    const auto event = document.parse(kEvent);
    EventProgram program;
    program.path = std::move(path);
    program.argv = {"sh", "-c", script, folder_.path()};
    program.event_folder = folder_ / "events";
    program.event_on_stdin = on_stdin;
    const auto signals = Signals::take();
    return run_for_event(process::system_spawner(), program, *event, kEvent, *signals,
                         [this](int signal) { heard_.push_back(signal); });
  }
  std::string written(const std::string& name) {
    return read_file(folder_ / name, 1 << 20).value_or("nothing");
  }

  testing::TempFolder folder_;
  std::vector<int> heard_;
};

TEST(EventScalars, OnlyWhatIsSet) {
  json::Document document;
  EXPECT_THAT(event_scalars(*document.parse(kEvent)),
              ElementsAre(Pair("BUS_EVENT_ID", "01JD3ZK8QZ0V6N1J6Y2T4B7A9C"), Pair("BUS_EVENT_SEQ", "7"),
                          Pair("BUS_EVENT_SOURCE", "cli"), Pair("BUS_EVENT_TYPE", "a"),
                          Pair("BUS_EVENT_SCOPE", "s"), Pair("BUS_TASK_ID", "t"),
                          Pair("BUS_TASK_STATE", "finished"), Pair("BUS_TASK_RESULT", "success")));
}

TEST_F(EventProgramTest, HasTheEventInAFileThatIsGoneAfterwards) {
  const auto status =
      run("cat \"$BUS_EVENT_FILE\" > $0/event; echo \"$BUS_EVENT_SEQ $BUS_TASK_RESULT\" > $0/env; exit 5");
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 5);
  EXPECT_EQ(written("event"), kEvent);
  EXPECT_EQ(written("env"), "7 success\n");
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "events"));
}

TEST_F(EventProgramTest, ReadsTheEventOnlyWhenAsked) {
  ASSERT_TRUE(run("cat > $0/none"));
  EXPECT_EQ(written("none"), "");
  ASSERT_TRUE(run("cat > $0/event", true));
  EXPECT_EQ(written("event"), kEvent);
}

TEST_F(EventProgramTest, ASignalEndsItAsAShellSays) {
  EXPECT_EQ(*run("kill -KILL $$"), 137);
}

TEST_F(EventProgramTest, WhatCannotBeStarted) {
  EXPECT_EQ(*run("", false, "/no/such/program"), 127);
  EXPECT_EQ(*run("", false, folder_.path()), 126);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "events"));
}

TEST_F(EventProgramTest, OurSignalsArePassedOn) {
  // The program asks for the signal itself, once it can take it.
  const auto status =
      run("trap 'echo caught > $0/trap; exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.01; done");
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 9);
  EXPECT_EQ(written("trap"), "caught\n");
  EXPECT_THAT(heard_, ElementsAre(SIGTERM));
}

TEST_F(EventProgramTest, ASecondSignalKills) {
  const auto status = run("trap 'kill -INT $PPID' TERM; kill -TERM $PPID; while :; do sleep 0.01; done");
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 137);
  EXPECT_THAT(heard_, ElementsAre(SIGTERM, SIGINT));
}

}  // namespace
}  // namespace bus::cli
