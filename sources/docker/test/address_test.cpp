#include "sources/docker/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace bus::docker {
namespace {

using ::testing::HasSubstr;

std::string text_of(std::string_view named) {
  Address address;
  const Status read = read_address(named, address);
  return read.ok() ? address.text() : "refused";
}

TEST(ReadAddress, TakesWhatIsOnThisMachine) {
  EXPECT_EQ(text_of("unix:///run/docker.sock"), "/run/docker.sock");
  EXPECT_EQ(text_of("/run/docker.sock"), "/run/docker.sock");
  EXPECT_EQ(text_of("tcp://127.0.0.1:2375"), "tcp://127.0.0.1:2375");
  EXPECT_EQ(text_of("tcp://127.8.9.1:1/"), "tcp://127.8.9.1:1");
  EXPECT_EQ(text_of("tcp://localhost"), "tcp://127.0.0.1:2375");
  EXPECT_EQ(text_of("tcp://[::1]:77"), "tcp://[::1]:77");
  EXPECT_EQ(text_of("tcp://[::1]"), "tcp://[::1]:2375");
}

TEST(ReadAddress, RefusesAllElse) {
  for (const char* bad :
       {"", "docker.sock", "unix://docker.sock", "unix://", "ssh://me@there", "npipe:////./pipe/docker",
        "fd://", "tcp://10.0.0.1:2375", "tcp://0.0.0.0:2375", "tcp://localhost.example:2375", "tcp://:2375",
        "tcp://127.0.0.1:0", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:x", "tcp://[::2]:77",
        "http://127.0.0.1:2375"}) {
    EXPECT_EQ(text_of(bad), "refused") << bad;
  }
  EXPECT_EQ(text_of("unix:///" + std::string(107, 'x')), "refused");
}

TEST(ReadAddress, SaysWhatIsWrong) {
  Address address;
  EXPECT_THAT(read_address("tcp://build.example:2375", address).message(), HasSubstr("not this machine"));
  EXPECT_THAT(read_address("ssh://there", address).message(), HasSubstr("unix:///path"));
}

class FindPlaces : public ::testing::Test {
 protected:
  Places find(std::string_view configured) {
    return find_places(configured, [&](const char* name) { return variables_[name]; });
  }
  std::map<std::string, std::string> variables_ = {{"XDG_RUNTIME_DIR", "/run/user/7"}, {"HOME", "/home/me"}};
};

TEST_F(FindPlaces, ConfigurationGoesBeforeEnvironment) {
  variables_["DOCKER_HOST"] = "unix:///two.sock";
  const Places configured = find("unix:///one.sock");
  ASSERT_EQ(configured.all.size(), 1u);
  EXPECT_EQ(configured.all[0].path, "/one.sock");
  EXPECT_TRUE(configured.chosen);
  EXPECT_EQ(find("").all.at(0).path, "/two.sock");
}

TEST_F(FindPlaces, UsualOnesElse) {
  const Places places = find("");
  EXPECT_FALSE(places.chosen);
  ASSERT_EQ(places.all.size(), 6u);
  EXPECT_EQ(places.all[0].path, "/var/run/docker.sock");
  EXPECT_EQ(places.all[1].path, "/run/user/7/docker.sock");
  EXPECT_EQ(places.all[5].path, "/run/user/7/podman/podman.sock");
}

TEST_F(FindPlaces, AHostThatIsElsewhereIsAProblemAndNoPlace) {
  variables_["DOCKER_HOST"] = "ssh://there";
  const Places places = find("");
  EXPECT_TRUE(places.all.empty());
  EXPECT_FALSE(places.problem.ok());
}

}  // namespace
}  // namespace bus::docker
