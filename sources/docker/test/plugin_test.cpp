// The plugin through its C entry points.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/fake_plugin_host.h"
#include "tests/support/temp_folder.h"

namespace {

using bus::testing::FakePluginHost;
using ::testing::HasSubstr;

class DockerPlugin : public ::testing::Test {
 protected:
  ~DockerPlugin() override {
    if (source_ == nullptr) return;
    source_->stop(source_->self);
    source_->destroy(source_->self);
    ::unsetenv("DOCKER_HOST");
  }
  bool create() {
    error_.size = sizeof error_;
    source_ = bus_plugin_v1.create_source(host_.table(), &error_);
    return source_ != nullptr;
  }
  std::int32_t start() { return source_->start(source_->self, &error_); }

  FakePluginHost host_{bus_plugin_v1};
  bus_error error_{};
  const bus_source* source_ = nullptr;
};

TEST_F(DockerPlugin, SaysWhatItIs) {
  EXPECT_STREQ(bus_plugin_v1.name, "docker");
  EXPECT_EQ(bus_plugin_v1.role, static_cast<std::uint32_t>(BUS_ROLE_SOURCE));
}

TEST_F(DockerPlugin, CreateTouchesNothing) {
  ASSERT_TRUE(create());
  EXPECT_TRUE(host_.abilities.watches.empty());
  EXPECT_TRUE(host_.abilities.timers.empty());
  EXPECT_TRUE(host_.reports.empty());
}

TEST_F(DockerPlugin, RefusesAHostThatIsElsewhere) {
  host_.set("host", "tcp://10.0.0.1:2375");
  EXPECT_FALSE(create());
  EXPECT_EQ(error_.code, BUS_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("loopback"));
}

TEST_F(DockerPlugin, RefusesAnEmptyLabel) {
  host_.set_list("labels", {"a=b", ""});
  EXPECT_FALSE(create());
  EXPECT_THAT(error_.message, HasSubstr("labels"));
}

TEST_F(DockerPlugin, AForeignDockerHostIsQuiet) {
  ::setenv("DOCKER_HOST", "ssh://build.example", 1);
  ASSERT_TRUE(create());
  EXPECT_EQ(start(), BUS_OK);
  ASSERT_EQ(host_.reports.size(), 1u);
  EXPECT_EQ(host_.reports[0].first, BUS_HEALTH_IDLE);
  EXPECT_THAT(host_.reports[0].second, HasSubstr("DOCKER_HOST"));
}

TEST_F(DockerPlugin, WithoutAnEngineItWaitsQuietly) {
  const bus::testing::TempFolder folder;
  ::setenv("DOCKER_HOST", ("unix://" + (folder / "none.sock")).c_str(), 1);
  ASSERT_TRUE(create());
  EXPECT_EQ(start(), BUS_OK);
  for (const auto& [health, reason] : host_.reports) EXPECT_EQ(health, BUS_HEALTH_IDLE) << reason;
  EXPECT_THAT(host_.reports.back().second, HasSubstr("no engine at"));
  EXPECT_TRUE(host_.abilities.timers.empty());
  source_->stop(source_->self);
  EXPECT_TRUE(host_.abilities.watches.empty());
  source_->stop(source_->self);
}

TEST_F(DockerPlugin, StopIsSafeWithoutStart) {
  ASSERT_TRUE(create());
  source_->stop(source_->self);
}

}  // namespace
