#include "core/rules/launch.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "core/base/file.h"
#include "core/json/writer.h"
#include "tests/support/temp_folder.h"

namespace bus::rules {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr std::string_view kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string event_with(std::string_view scope, std::string_view data = "1") {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("seq", 7).member("id", "01JD3ZK8QZ0V6N1J6Y2T4B7A9C").member("source", "cli");
  out.member("type", "a").member("scope", scope).member("trace", kTrace);
  out.key("task").begin_object().member("id", "t").member("state", "finished").member("result", "success");
  out.end_object().member("data", data).end_object();
  return text;
}

class LaunchTest : public ::testing::Test {
 protected:
  LaunchTest() {
    command_.path = "/bin/true";
    command_.argv = {"true", "$(touch x)", "--"};
    command_.env = {"PATH=/bin", "BUS_EVENT_ID=of another", "BUS_TASK_URL=of another"};
    command_.event_folder = folder_ / "events";
  }
  // The value of a variable of the program; "(unset)".
  static std::string variable(const Prepared& prepared, const std::string& name) {
    for (const std::string& entry : prepared.program.env)
      if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
    return "(unset)";
  }
  static std::string text_of(const std::string& path) {
    return read_file(path, 64u << 20).value_or("nothing");
  }

  testing::TempFolder folder_;
  Command command_;
};

TEST(EventScalars, OnlyWhatIsSet) {
  json::Document document;
  const std::string text = event_with("s");
  EXPECT_THAT(
      event_scalars(*document.parse(text)),
      ElementsAre(Pair("BUS_EVENT_ID", "01JD3ZK8QZ0V6N1J6Y2T4B7A9C"), Pair("BUS_EVENT_SEQ", "7"),
                  Pair("BUS_EVENT_SOURCE", "cli"), Pair("BUS_EVENT_TYPE", "a"), Pair("BUS_EVENT_SCOPE", "s"),
                  Pair("BUS_TASK_ID", "t"), Pair("BUS_TASK_STATE", "finished"),
                  Pair("BUS_TASK_RESULT", "success"), Pair("TRACEPARENT", kTrace)));
}

TEST_F(LaunchTest, TheEventIsInAFileThatGoesWithIt) {
  const std::string event = event_with("s");
  std::string path;
  {
    const auto prepared = prepare(command_, event, {}, {});
    ASSERT_TRUE(prepared);
    path = variable(*prepared, "BUS_EVENT_FILE");
    EXPECT_EQ(text_of(path), event);
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(prepared->program.argv, command_.argv);
    EXPECT_EQ(prepared->program.in.kind, process::Input::Kind::null);
    EXPECT_EQ(prepared->program.group, process::Group::own);
    EXPECT_EQ(variable(*prepared, "BUS_EVENTS_FILE"), "(unset)");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(LaunchTest, VariablesOfAnotherEventAreGone) {
  const auto prepared = prepare(command_, event_with("s"), {}, {});
  ASSERT_TRUE(prepared);
  EXPECT_EQ(variable(*prepared, "BUS_EVENT_ID"), "01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
  EXPECT_EQ(variable(*prepared, "BUS_TASK_URL"), "(unset)");
  EXPECT_EQ(variable(*prepared, "PATH"), "/bin");
}

TEST_F(LaunchTest, AGatheringProgramGetsAllEvents) {
  command_.gathers = true;
  const std::string first = event_with("1"), last = event_with("2");
  const auto prepared = prepare(command_, last, first + "\n" + last + "\n", {});
  ASSERT_TRUE(prepared);
  EXPECT_EQ(text_of(variable(*prepared, "BUS_EVENTS_FILE")), first + "\n" + last + "\n");
  EXPECT_EQ(text_of(variable(*prepared, "BUS_EVENT_FILE")), last);
}

TEST_F(LaunchTest, TheEventOnStdinIsTheWholeEvent) {
  command_.in = Stdin::event;
  const std::string event = event_with("s", std::string(1u << 20, 'x'));
  const auto prepared = prepare(command_, event, {}, {});
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->program.in.bytes, event);
}

TEST_F(LaunchTest, FurtherVariablesComeOverTheOthers) {
  const process::Variable further[] = {{"PATH", "/other"}, {"X", "1"}};
  const auto prepared = prepare(command_, event_with("s"), {}, further);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(variable(*prepared, "PATH"), "/other");
  EXPECT_EQ(variable(*prepared, "X"), "1");
}

TEST_F(LaunchTest, HostileTextStaysData) {
  const std::string hostile[] = {"'\"\\", "a\nb",     "$(touch pwned)", "--help",
                                 "-rf",   "; exit 3", "\x1b[2J",        "A=B\nLD_PRELOAD=/x"};
  for (const std::string& text : hostile) {
    const auto prepared = prepare(command_, event_with(text), {}, {});
    ASSERT_TRUE(prepared) << text;
    EXPECT_EQ(variable(*prepared, "BUS_EVENT_SCOPE"), text);
    EXPECT_EQ(prepared->program.argv, command_.argv);
    EXPECT_THAT(prepared->program.env, Not(Contains(StartsWith("LD_PRELOAD"))));
  }
}

TEST_F(LaunchTest, AValueWithNulIsLeftOutAndStaysInTheFile) {
  const auto prepared = prepare(command_, event_with(std::string_view("a\0b", 3)), {}, {});
  ASSERT_TRUE(prepared);
  EXPECT_EQ(variable(*prepared, "BUS_EVENT_SCOPE"), "(unset)");
  EXPECT_THAT(text_of(variable(*prepared, "BUS_EVENT_FILE")), HasSubstr("a\\u0000b"));
}

TEST_F(LaunchTest, WhatIsNoEventIsRefused) {
  const auto prepared = prepare(command_, "{", {}, {});
  ASSERT_FALSE(prepared);
  EXPECT_THAT(prepared.error().message, HasSubstr("the event"));
}

TEST_F(LaunchTest, AFolderOpenToOthersIsRefused) {
  std::filesystem::create_directory(command_.event_folder);
  ASSERT_EQ(::chmod(command_.event_folder.c_str(), 0755), 0);
  const auto prepared = prepare(command_, event_with("s"), {}, {});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::denied);
}

}  // namespace
}  // namespace bus::rules
