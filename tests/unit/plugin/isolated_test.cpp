#include "core/plugin/isolated.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <thread>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/plugin/child_sandbox.h"
#include "core/plugin/sink_instance.h"
#include "core/plugin/source_instance.h"
#include "tests/unit/plugin/world.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUS_SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BUS_SHADOWED 1
#endif
#endif

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMemory = 96u << 20;

// The test is the instances' thread: step() lets them do what they have to do.
class IsolatedTest : public ::testing::Test {
 protected:
  ~IsolatedTest() override { stop(); }

  static Confinement bounds() {
    Confinement bounds;
    bounds.memory = kMemory;
    bounds.call_timeout = 20s;
    return bounds;
  }
  void run_source(const std::string& how = "", const std::string& where = "",
                  const Confinement& confinement = bounds()) {
    const auto plugin = testing::load_isolated_plugin("bad_source", confinement);
    ASSERT_NE(plugin, nullptr);
    source_ = std::make_shared<SourceInstance>(
        world_.services(), plugin, "bad", testing::options_of(*plugin, {{"how", how}, {"where", where}}));
    begin(*source_);
  }
  void run_sink(const std::string& how, const std::string& where, const std::string& at) {
    Confinement confinement = bounds();
    confinement.allowed.files = {world_.folder.path()};
    const auto plugin = testing::load_isolated_plugin("bad_sink", confinement);
    ASSERT_NE(plugin, nullptr);
    sink_ = std::make_shared<SinkInstance>(
        world_.services(), plugin, "out",
        testing::options_of(*plugin,
                            {{"how", how}, {"where", where}, {"at", at}, {"path", world_.folder / "out"}}),
        SinkSettings{});
    begin(*sink_);
  }
  static void begin(Instance& instance) {
    instance.create(false);
    instance.start();
    step(instance);
  }
  static void step(Instance& instance) {
    for (int i = 0; i < 8; ++i) instance.runner().step();
  }
  // Lets time pass for it until that is so.
  template <class Condition>
  void until(Instance& instance, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 120s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << instance.status().state.reason;
      world_.clock.advance(100ms);
      instance.runner().step();
      std::this_thread::sleep_for(1ms);
    }
  }
  void until_ok(Instance& instance) {
    step(instance);
    until(instance, [&] { return instance.status().state.state == State::ok; });
  }
  void stop() {
    for (Instance* one : {static_cast<Instance*>(source_.get()), static_cast<Instance*>(sink_.get())}) {
      if (one == nullptr) continue;
      one->begin_stop();
      step(*one);
      EXPECT_EQ(one->status().state.state, State::stopped);
    }
    source_ = nullptr;
    sink_ = nullptr;
  }
  Result<IntakeAnswer> tell(const std::string& message) {
    std::promise<Result<IntakeAnswer>> answer;
    auto future = answer.get_future();
    source_->deliver(message, ingest::Durability::commit,
                     [&answer](Result<IntakeAnswer> result) { answer.set_value(std::move(result)); });
    while (future.wait_for(0s) != std::future_status::ready) source_->runner().step();
    return future.get();
  }
  std::string keys_in(const std::string& file) {
    const auto read = read_file(world_.folder / file, 1 << 20);
    EXPECT_TRUE(read.ok());
    const std::string text = read ? *read : "";
    std::string keys;
    for (const std::string_view line : split(text, '\n')) keys += line.substr(0, 1);
    return keys;
  }
  // What it got hold of.
  std::string trespass(const std::string& path) {
    const auto answer =
        tell(R"({"trespass":")" + path + R"(","socket":")" + world_.folder / "bus.sock" + "\"}");
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer ? answer->reply : "";
  }
  ChildStatus child() { return *source_->status().child; }
  std::string reason() { return source_->status().state.reason; }

  testing::World world_;
  std::shared_ptr<SourceInstance> source_;
  std::shared_ptr<SinkInstance> sink_;
};

TEST_F(IsolatedTest, RunsInAProcessOfItsOwn) {
  run_source();
  EXPECT_EQ(source_->status().state.state, State::ok) << reason();
  EXPECT_EQ(source_->status().isolation, "process");
  EXPECT_NE(child().pid, 0);
  EXPECT_NE(child().pid, ::getpid());
  EXPECT_THAT(child().sandbox, HasSubstr("seccomp"));
  const auto answer = tell(R"({"key":"a"})");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_THAT(answer->events, SizeIs(1));
  EXPECT_TRUE(tell(R"({"emit":"b"})").ok());
  EXPECT_THAT(world_.events(), ElementsAre(HasSubstr("\"key\":\"a\""), HasSubstr("\"key\":\"b\"")));
  const pid_t pid = child().pid;
  stop();
  EXPECT_NE(::kill(pid, 0), 0);
}

// What is wrong in a callback is said, the sender is told to come again, and the next message finds it well.
TEST_F(IsolatedTest, SurvivesWhateverItDoesInACallback) {
  const std::pair<const char*, const char*> kWays[] = {{"segv", "crashed in intake (SIGSEGV)"},
                                                       {"throw", "thrown on purpose"},
                                                       {"abort", "crashed in intake (SIGABRT)"},
                                                       {"exit", "ended itself in intake (exit 3)"},
                                                       {"garbage", "sent garbage"},
                                                       {"frame", "an unknown word"},
                                                       {"result", "a call that nobody made"},
                                                       {"emits", "makes no sense"}};
  run_source();
  std::uint64_t ends = 0;
  for (const auto& [how, said] : kWays) {
    const auto answer = tell(R"({"key":"lost","how":")" + std::string(how) + "\"}");
    ASSERT_FALSE(answer.ok()) << how;
    EXPECT_EQ(answer.error().code, Code::unavailable) << how;
    EXPECT_THAT(answer.error().message, HasSubstr(said));
    step(*source_);
    EXPECT_EQ(source_->status().state.state, State::retrying) << how;
    EXPECT_THAT(reason(), HasSubstr(said));
    EXPECT_EQ(child().restarts, ++ends);
    EXPECT_EQ(child().pid, 0);
    until_ok(*source_);
    const auto taken = tell(R"({"key":")" + std::string(how) + "\"}");
    EXPECT_TRUE(taken.ok()) << how << (taken ? "" : taken.error().message);
  }
  EXPECT_THAT(world_.events(), SizeIs(std::size(kWays)));  // and nothing of what was not acknowledged
}

TEST_F(IsolatedTest, EndsAProcessThatHangs) {
  Confinement impatient = bounds();
  impatient.call_timeout = 3s;
  run_source("", "", impatient);
  const auto answer = tell(R"({"how":"hang"})");
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("did not come back from intake in time"));
  until_ok(*source_);
}

// The host does not know of these calls: the process ends itself.
TEST_F(IsolatedTest, EndsAProcessThatHangsByItself) {
  Confinement impatient = bounds();
  impatient.call_timeout = 3s;
  for (const std::string where : {"timer", "fd"}) {
    run_source("hang", where, impatient);
    until(*source_, [&] { return child().restarts == 1; });
    EXPECT_THAT(child().last_end, HasSubstr("timer or descriptor of its own"));
    stop();
  }
}

TEST_F(IsolatedTest, ACrashOutsideOfACallIsSeen) {
  for (const std::string where : {"timer", "fd", "thread"}) {
    run_source("segv", where);
    until(*source_, [&] { return child().restarts == 1; });
    EXPECT_THAT(child().last_end, HasSubstr("SIGSEGV")) << where;
    stop();
  }
}

#if !defined(BUS_SHADOWED)
TEST_F(IsolatedTest, MemoryIsBounded) {
  run_source();
  for (const std::string how : {"memory", "malloc"}) {
    const auto answer = tell(R"({"how":")" + how + "\"}");
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message, AnyOf(HasSubstr("more memory"), HasSubstr("SIGSEGV")));
    until_ok(*source_);
  }
}
#endif

// How far it gets depends on how fast the store is.
TEST_F(IsolatedTest, AFloodOfEventsIsTheEnd) {
  run_source();
  for (int i = 0; i < 100 && child().restarts == 0; ++i) (void)tell(R"({"how":"flood"})").ok();
  EXPECT_EQ(child().restarts, 1u);
  EXPECT_THAT(child().last_end, HasSubstr("flooded the host"));
}

TEST_F(IsolatedTest, AFloodOfLinesIsCut) {
  run_source();
  EXPECT_TRUE(tell(R"({"key":"a","how":"log"})").ok());
  EXPECT_EQ(child().restarts, 0u);
}

TEST_F(IsolatedTest, ACrashInCreateIsTriedAgain) {
  run_source("segv", "create");
  EXPECT_EQ(source_->status().state.state, State::retrying);
  EXPECT_THAT(reason(), HasSubstr("crashed in create (SIGSEGV)"));
  EXPECT_EQ(tell("{}").error().code, Code::unavailable);
  until(*source_, [&] { return child().restarts == 3; });
}

// Somebody else's kill is no reason to give up.
TEST_F(IsolatedTest, IsMadeAndStartedOnceItCanBe) {
  ASSERT_TRUE(replace_file(world_.folder / "bad", "").ok());
  run_source("segv_if " + (world_.folder / "bad"), "create");
  EXPECT_EQ(source_->status().state.state, State::retrying);
  std::filesystem::remove(world_.folder / "bad");
  until_ok(*source_);
  EXPECT_TRUE(tell(R"({"key":"a"})").ok());
}

TEST_F(IsolatedTest, ACrashInStartIsTriedAgain) {
  run_source("segv", "start");
  EXPECT_EQ(source_->status().state.state, State::retrying);
  EXPECT_THAT(reason(), HasSubstr("crashed in start"));
  until(*source_, [&] { return child().restarts == 3; });
}

TEST_F(IsolatedTest, StopsWhatDoesNotStop) {
  for (const std::string where : {"stop", "destroy"}) {
    for (const std::string how : {"segv", "throw", "hang"}) {
      run_source(how, where);
      EXPECT_EQ(source_->status().state.state, State::ok) << reason();
      const pid_t pid = child().pid;
      stop();
      EXPECT_NE(::kill(pid, 0), 0) << how << " in " << where;
    }
  }
}

TEST_F(IsolatedTest, NothingIsEmittedAfterStop) {
  run_source("late");
  until(*source_, [&] { return !world_.events().empty(); });
  stop();
  for (const std::string& event : world_.events()) EXPECT_EQ(event.find("after-stop"), std::string::npos);
}

// A webhook whose process dies before it has answered is not acknowledged, and nothing of it is stored.
TEST_F(IsolatedTest, ASenderIsToldToComeAgain) {
  run_source("segv", "webhook");
  std::promise<http::Response> answer;
  auto future = answer.get_future();
  std::thread sender([&] { answer.set_value(world_.routes.send("POST /webhooks/bad", "a")); });
  while (future.wait_for(0s) != std::future_status::ready) source_->runner().step();
  sender.join();
  EXPECT_EQ(future.get().status, 503);
  EXPECT_THAT(world_.events(), IsEmpty());
}

// What is not allowed is out of reach, and what the plugin's own options name is within.
TEST_F(IsolatedTest, IsShutIn) {
  ASSERT_TRUE(replace_file(world_.folder / "private", "not for plugins").ok());
  ASSERT_TRUE(make_private_folder(world_.folder / "own").ok());
  ASSERT_TRUE(replace_file(world_.folder / "own/file", "for this plugin").ok());
  run_source();
  if (child().sandbox.find("landlock") == std::string::npos) GTEST_SKIP() << child().sandbox;
  EXPECT_EQ(trespass(world_.folder / "private"), "\"nothing\"");
  stop();
  Confinement some = bounds();
  some.allowed.files = {world_.folder / "own"};
  run_source("", "", some);
  EXPECT_EQ(trespass(world_.folder / "private"), "\"watch\"");  // which ISOLATION.md says
  EXPECT_EQ(trespass(world_.folder / "own/file"),
            "\"read write create list watch mkdir symlink link rename\"");
  EXPECT_EQ(source_->status().hint, "");
}

TEST(Sandbox, SaysWhatIsMissing) {
  EXPECT_EQ(weakness_of("seccomp, landlock"), "");
  EXPECT_THAT(std::string(weakness_of("seccomp")), HasSubstr("no Landlock"));
  EXPECT_THAT(std::string(weakness_of("landlock")), HasSubstr("no seccomp"));
  EXPECT_THAT(std::string(weakness_of("none")), HasSubstr("neither"));
}

// Its thread that would read the answers is held.
TEST_F(IsolatedTest, WhoAsksAndDoesNotReadIsEnded) {
  run_source();
  ASSERT_TRUE(tell(R"({"value":"x"})").ok());
  const auto answer = tell(R"({"how":"asks"})");
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("asked for more than it reads"));
  until_ok(*source_);
}

// Exactly those that were not answered for are given again.
TEST_F(IsolatedTest, ASinksBatchComesAgain) {
  ASSERT_TRUE(replace_file(world_.folder / "out.bad", "").ok());
  world_.emit({"a", "b", "c", "d"});
  run_sink("segv", "deliver", "c");
  EXPECT_EQ(sink_->status().child->restarts, 1u);
  std::filesystem::remove(world_.folder / "out.bad");
  until(*sink_, [&] { return sink_->acknowledged() == 4; });
  world_.emit({"e"});
  until(*sink_, [&] { return sink_->acknowledged() == 5; });
  EXPECT_EQ(keys_in("out"), "abcabcde");  // at least once, in order, none missing
}

TEST_F(IsolatedTest, ABatchMayBeAnsweredLater) {
  ASSERT_TRUE(replace_file(world_.folder / "out.bad", "").ok());
  world_.emit({"a", "b", "c", "d"});
  run_sink("none", "later", "c");
  until(*sink_, [&] { return sink_->status().trouble.what == "no more now"; });
  EXPECT_EQ(sink_->acknowledged(), 3u);
  until(*sink_, [&] { return sink_->acknowledged() == 4; });
  EXPECT_EQ(keys_in("out"), "abcd");
  EXPECT_EQ(sink_->status().child->restarts, 0u);
}

// It dies while it owes an answer: what it has said to have taken does not come again, the rest does.
TEST_F(IsolatedTest, ABatchThatWasToBeAnsweredLaterGoesOn) {
  ASSERT_TRUE(replace_file(world_.folder / "out.bad", "").ok());
  world_.emit({"a", "b", "c", "d"});
  run_sink("segv", "later", "c");
  until(*sink_, [&] { return sink_->status().child->restarts == 1; });
  std::filesystem::remove(world_.folder / "out.bad");
  until(*sink_, [&] { return sink_->acknowledged() == 4; });
  EXPECT_EQ(keys_in("out"), "abcd");
}

TEST_F(IsolatedTest, ASinkThatFailsInStopLosesNothing) {
  world_.emit({"a", "b"});
  run_sink("segv", "stop", "");
  EXPECT_EQ(sink_->acknowledged(), 2u);
  stop();
  EXPECT_EQ(world_.store->cursor("sink:out")->seq, 2u);
}

// The library is read once: what happens to its file does not reach the processes.
TEST_F(IsolatedTest, TheFileMayBeReplaced) {
  const std::string path = world_.folder / "bad_source.so";
  std::filesystem::copy_file(testing::test_plugin("bad_source"), path);
  const auto plugin = load_isolated(path, BUS_TEST_PROGRAM, process::system_spawner());
  ASSERT_TRUE(plugin.ok()) << plugin.error().message;
  source_ =
      std::make_shared<SourceInstance>(world_.services(), *plugin, "bad", testing::options_of(**plugin));
  begin(*source_);
  std::filesystem::resize_file(path, 100);
  EXPECT_TRUE(tell(R"({"key":"a"})").ok());
  EXPECT_FALSE(tell(R"({"how":"segv"})").ok());
  until_ok(*source_);
  EXPECT_TRUE(tell(R"({"key":"b"})").ok());
}

TEST(IsolatedLoader, ReadsTheDescriptorInAChild) {
  for (const std::string name : {"c_source", "cpp_sink"}) {
    const auto here = load(testing::test_plugin(name));
    const auto there = load_isolated(testing::test_plugin(name), BUS_TEST_PROGRAM, process::system_spawner());
    ASSERT_TRUE(here.ok() && there.ok());
    Packer one, other;
    pack_descriptor(one, (*here)->descriptor);
    pack_descriptor(other, (*there)->descriptor);
    EXPECT_EQ(one.bytes(), other.bytes());
    EXPECT_EQ((*here)->sha256, (*there)->sha256);
  }
}

TEST(IsolatedLoader, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> kBad[] = {
      {"bad_at_load", "crashed in loading its library (SIGSEGV)"},
      {"abi_two", "ABI 2"},
      {"no_symbol", "does not export bus_plugin_v1"},
      {"too_small", "too small"}};
  for (const auto& [name, said] : kBad) {
    const auto plugin =
        load_isolated(testing::test_plugin(name), BUS_TEST_PROGRAM, process::system_spawner());
    ASSERT_FALSE(plugin.ok()) << name;
    EXPECT_THAT(plugin.error().message, HasSubstr(said));
    EXPECT_THAT(plugin.error().message, HasSubstr(name));
  }
}

// Its static initialisers run, and may do nothing.
TEST(IsolatedLoader, OnlyLooks) {
  const auto plugin =
      load_isolated(testing::test_plugin("prying"), BUS_TEST_PROGRAM, process::system_spawner());
  ASSERT_TRUE(plugin.ok()) << plugin.error().message;
  EXPECT_EQ((*plugin)->descriptor.summary, "It was allowed:");
}

// Programs in the place of bus.
TEST(IsolatedLoader, SurvivesWhateverTheChildDoes) {
  testing::TempFolder folder;
  const std::string program = folder / "program";
  const std::pair<const char*, const char*> kWays[] = {
      {"exit 3", "ended itself in loading its library (exit 3)"},
      {"kill -SEGV $$", "SIGSEGV"},
      {"exec yes >&3", "sent garbage"},
      {"printf '\\015\\0\\0\\0\\041123456781234' >&3; exec sleep 1000", "before anything was made"},
      {"echo its last words >&2", "its last words"}};
  for (const auto& [script, said] : kWays) {
    ASSERT_TRUE(replace_file(program, "#!/bin/sh\n" + std::string(script) + "\n").ok());
    ::chmod(program.c_str(), 0700);
    const auto plugin = load_isolated(testing::test_plugin("c_source"), program, process::system_spawner());
    ASSERT_FALSE(plugin.ok()) << script;
    EXPECT_THAT(plugin.error().message, HasSubstr(said)) << script;
  }
}

// Every cut of a library is refused, harmless, or the end of a child.
TEST(IsolatedLoader, SurvivesEveryCut) {
  testing::TempFolder folder;
  const auto whole = read_file(testing::test_plugin("c_source"), 64u << 20);
  ASSERT_TRUE(whole.ok());
  const std::string path = folder / "cut.so";
  for (std::size_t length = 0; length < whole->size(); length += 500) {
    ASSERT_TRUE(replace_file(path, std::string_view(*whole).substr(0, length)).ok());
    const auto plugin = load_isolated(path, BUS_TEST_PROGRAM, process::system_spawner());
    if (plugin) {
      EXPECT_EQ((*plugin)->descriptor.name, "c_source");
    } else {
      EXPECT_THAT(plugin.error().message, HasSubstr("cut.so")) << length;
    }
  }
}

TEST(IsolatedLoader, PassesTheGateFirst) {
  testing::TempFolder folder;
  const std::string path = folder / "p.so", link = folder / "link.so";
  std::filesystem::copy_file(testing::test_plugin("c_source"), path);
  std::filesystem::create_symlink(path, link);
  const auto load_it = [](const std::string& file) {
    return load_isolated(file, BUS_TEST_PROGRAM, process::system_spawner());
  };
  ASSERT_TRUE(load_it(path).ok());
  EXPECT_THAT(load_it(link).error().message, HasSubstr("symbolic link"));
  ::chmod(path.c_str(), 0666);
  EXPECT_THAT(load_it(path).error().message, HasSubstr("can be written by others"));
  ::chmod(path.c_str(), 0644);
  const auto whole = read_file(path, 64u << 20);
  std::string other = *whole;
  other[18] = '\x28';  // e_machine: ARM
  ASSERT_TRUE(replace_file(path, other).ok());
  EXPECT_FALSE(load_it(path).ok());
}

}  // namespace
}  // namespace bus::plugin
