// Plugins that throw, crash and hang in each of their callbacks, in processes of their own and, as far as
// that can be survived, in the host's. Each has its own thread, as in a host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "core/base/file.h"
#include "core/plugin/sink_instance.h"
#include "core/plugin/source_instance.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;

struct Place {
  const char* where;
  const char* call;  // as the host calls it when it says what happened
};
constexpr const char* kOwn = "timer or descriptor of its own";
constexpr Place kSourcePlaces[] = {{"create", "create"},
                                   {"get_extension", "create"},
                                   {"start", "start"},
                                   {"webhook", "webhook"},
                                   {"intake", "intake"},
                                   {"timer", kOwn},
                                   {"fd", kOwn},
                                   {"http", "an answer over HTTP"},
                                   {"stream", "the end of a stream"},
                                   {"output", "the output of a program"},
                                   {"exit", "the end of a program"},
                                   {"relay", "the answer to a relayed request"},
                                   {"stop", "stop"},
                                   {"destroy", "destroy"}};
constexpr Place kSinkPlaces[] = {{"create", "create"}, {"start", "start"}, {"deliver", "deliver"},
                                 {"later", kOwn},      {"stop", "stop"},   {"destroy", "destroy"}};

bool is_an_end(const std::string& where) {
  return where == "stop" || where == "destroy";
}

class BadPluginsTest : public ::testing::Test {
 protected:
  BadPluginsTest() {
    EXPECT_TRUE(replace_file(world_.folder / "out.bad", "").ok());
    world_.emit({"a"});
  }
  ~BadPluginsTest() override {
    for (std::thread& sender : senders_) sender.join();
  }

  // Everything that can be allowed, and time enough for a loaded machine.
  Confinement bounds() {
    Confinement all;
    all.allowed.network = all.allowed.unix_sockets = true;
    all.allowed.files = {world_.folder.path()};
    all.programs = true;
    all.call_timeout = 5s;
    return all;
  }
  std::shared_ptr<const Plugin> load(const std::string& name, bool isolated) {
    if (isolated) return testing::load_isolated_plugin(name, bounds());
    const auto loaded = plugin::load(testing::test_plugin(name));
    EXPECT_TRUE(loaded.ok());
    return loaded ? *loaded : nullptr;
  }
  // Of the world, but with a clock that goes by itself.
  HostServices services() {
    HostServices all{*world_.ingest, *world_.hub,    *world_.store, &world_.routes,
                     world_.metrics, system_clock(), *world_.log,   world_.secrets};
    all.program = BUS_TEST_PROGRAM;
    all.stop_grace = stop_grace_;
    return all;
  }
  void run_sources(const std::string& how, bool isolated) {
    const auto plugin = load("bad_source", isolated);
    ASSERT_NE(plugin, nullptr);
    for (const Place& place : kSourcePlaces) {
      const auto source = std::make_shared<SourceInstance>(
          services(), plugin, std::string("at_") + place.where,
          testing::options_of(*plugin, {{"how", how}, {"where", std::string(place.where)}}));
      begin(place.where, source);
      if (std::string_view(place.where) == "intake") tell(*source);
      if (std::string_view(place.where) == "webhook") {
        until([&] { return source->status().state.state == State::ok; });
        senders_.emplace_back([this] { world_.routes.send("POST /webhooks/at_webhook", "x"); });
      }
    }
  }
  void run_sinks(const std::string& how, bool isolated) {
    const auto plugin = load("bad_sink", isolated);
    ASSERT_NE(plugin, nullptr);
    for (const Place& place : kSinkPlaces) {
      const std::map<std::string, config::Value> options = {{"how", how},
                                                            {"where", std::string(place.where)},
                                                            {"at", std::string("a")},
                                                            {"path", world_.folder / "out"}};
      begin(std::string("sink ") + place.where,
            std::make_shared<SinkInstance>(services(), plugin, std::string("sink_at_") + place.where,
                                           testing::options_of(*plugin, options), SinkSettings{}));
    }
  }
  void begin(const std::string& where, const std::shared_ptr<Instance>& instance) {
    instance->create();
    instance->start();
    instances_[where] = instance;
  }
  static void tell(SourceInstance& source) {
    until([&] { return source.status().state.state == State::ok; });
    source.deliver(R"({"key":"x"})", ingest::Durability::commit, [](const Result<IntakeAnswer>&) {});
  }
  static void until(const std::function<bool()>& so) {
    const auto deadline = std::chrono::steady_clock::now() + 100s;
    while (!so() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
    EXPECT_TRUE(so());
  }

  // What is to be seen of each: its process has ended in that call, with those words.
  void expect_ends(const std::string& role, std::span<const Place> places, const std::string& words) {
    for (const Place& place : places) {
      SCOPED_TRACE(place.where);
      Instance& instance = *instances_.at(role + place.where);
      if (is_an_end(place.where)) {
        until([&] { return instance.status().state.state == State::ok; });
        instance.begin_stop();
        EXPECT_TRUE(instance.finish_stop());
        EXPECT_EQ(instance.status().state.state, State::stopped);
      }
      until([&] { return instance.status().child->restarts >= 1; });
      const std::string said = instance.status().child->last_end;
      EXPECT_THAT(said, HasSubstr(words));
      if (place.call != kOwn || words == "in time") {
        EXPECT_THAT(said, HasSubstr(place.call));
      }
    }
  }
  void stop_all() {
    for (const auto& [where, instance] : instances_) instance->begin_stop();
    for (const auto& [where, instance] : instances_) EXPECT_TRUE(instance->finish_stop()) << where;
    instances_.clear();
  }
  std::string reason(const std::string& where) { return instances_.at(where)->status().state.reason; }
  State state(const std::string& where) { return instances_.at(where)->status().state.state; }

  testing::World world_;
  milliseconds stop_grace_{60'000};
  std::map<std::string, std::shared_ptr<Instance>> instances_;
  std::vector<std::thread> senders_;
};

struct Way {
  const char* how;
  const char* words;
};

class BadProcessTest : public BadPluginsTest, public ::testing::WithParamInterface<Way> {};

TEST_P(BadProcessTest, IsContainedInEachCallback) {
  run_sources(GetParam().how, true);
  run_sinks(GetParam().how, true);
  expect_ends("", kSourcePlaces, GetParam().words);
  expect_ends("sink ", kSinkPlaces, GetParam().words);
  stop_all();
}

INSTANTIATE_TEST_SUITE_P(Ways, BadProcessTest,
                         ::testing::Values(Way{"throw", "thrown on purpose"}, Way{"segv", "SIGSEGV"},
                                           Way{"hang", "in time"}),
                         [](const auto& each) { return std::string(each.param.how); });

// What C++ throws over the C interface in the host's own process.
TEST_F(BadPluginsTest, AThrowInTheHostIsContainedInEachCallback) {
  run_sources("throw", false);
  for (const char* where : {"create", "get_extension", "start"}) {
    until([&] { return state(where) == State::failed; });
    EXPECT_THAT(reason(where), HasSubstr("thrown on purpose")) << where;
  }
  for (const char* where :
       {"webhook", "intake", "timer", "fd", "http", "stream", "output", "exit", "relay"}) {
    until([&] { return state(where) == State::degraded; });
    EXPECT_THAT(reason(where), HasSubstr("thrown on purpose")) << where;
  }
  for (const char* where : {"stop", "destroy"}) {
    until([&] { return state(where) == State::ok; });
    instances_.at(where)->begin_stop();
    EXPECT_TRUE(instances_.at(where)->finish_stop());
    EXPECT_EQ(state(where), State::stopped);
    EXPECT_EQ(instances_.at(where)->status().figures.errors, 1u) << where;
  }
  stop_all();
}

TEST_F(BadPluginsTest, ASinkThatThrowsInTheHostIsContained) {
  run_sinks("throw", false);
  for (const char* where : {"sink create", "sink start"}) {
    until([&] { return state(where) == State::failed; });
    EXPECT_THAT(reason(where), HasSubstr("thrown on purpose")) << where;
  }
  until([&] { return state("sink deliver") == State::retrying; });
  EXPECT_THAT(reason("sink deliver"), HasSubstr("thrown on purpose"));
  until([&] { return state("sink later") == State::degraded; });
  EXPECT_THAT(reason("sink later"), HasSubstr("thrown on purpose"));
  stop_all();
}

// A thread cannot be ended from outside: the instance is left alone, and the rest of the host goes on.
TEST_F(BadPluginsTest, AHangInTheHostIsLeftAloneInEachCallback) {
  stop_grace_ = 50ms;
  run_sources("hang", false);
  for (const auto& [where, instance] : instances_) {
    SCOPED_TRACE(where);
    if (!is_an_end(where)) until([&, &one = *instance] { return !one.status().busy.empty(); });
    if (is_an_end(where)) until([&, &one = *instance] { return one.status().state.state == State::ok; });
    instance->begin_stop();
    EXPECT_FALSE(instance->finish_stop());
    EXPECT_EQ(instance->status().state.state, State::failed);
    EXPECT_THAT(instance->status().state.reason, HasSubstr("did not come back from"));
  }
}

TEST_F(BadPluginsTest, TablesThatLieAreRefused) {
  const std::pair<const char*, const char*> kWays[] = {{"small", "its instance table is wrong"},
                                                       {"null", "its instance table is wrong"},
                                                       {"routes", "its webhook table is wrong"}};
  for (const bool isolated : {false, true}) {
    const auto plugin = load("bad_source", isolated);
    for (const auto& [how, said] : kWays) {
      const auto source = std::make_shared<SourceInstance>(
          services(), plugin, "bad", testing::options_of(*plugin, {{"how", std::string(how)}}));
      begin(how, source);
      until([&, how = how] { return state(how) == State::failed; });
      EXPECT_THAT(reason(how), HasSubstr(said)) << isolated;
      if (isolated) {
        EXPECT_EQ(source->status().child->pid, 0) << "its process has no use";
      }
    }
    stop_all();
  }
}

}  // namespace
}  // namespace bus::plugin
