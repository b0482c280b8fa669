#include "sources/docker/containers.h"

#include <gtest/gtest.h>

namespace bus::docker {
namespace {

Container running(std::string name) {
  Container container;
  container.state = State::running;
  container.name = std::move(name);
  return container;
}

TEST(Containers, SavesAndRestores) {
  Containers containers;
  Container web = running("web");
  web.asked = -1;
  web.out_of_memory = web.told_unknown = true;
  web.project = "shop";
  web.health = "healthy";
  containers.put("aa", web);
  Container odd = running("job");
  odd.state = State::pending;
  odd.tried = true;
  odd.project = "tab\tand\nline";
  odd.unobserved_us = 7;
  containers.put("bb", odd);
  Containers back;
  back.restore(containers.save(4096), 99);
  ASSERT_EQ(back.size(), 2u);
  const Container* one = back.find("aa");
  EXPECT_EQ(one->state, State::running);
  EXPECT_EQ(one->asked, -1);
  EXPECT_TRUE(one->out_of_memory && one->told_unknown && !one->tried);
  EXPECT_EQ(one->name + one->project + one->health, "webshophealthy");
  EXPECT_EQ(one->unobserved_us, 99);
  const Container* two = back.find("bb");
  EXPECT_EQ(two->state, State::pending);
  EXPECT_TRUE(two->tried);
  EXPECT_EQ(two->project, "");
  EXPECT_EQ(two->unobserved_us, 7);
}

TEST(Containers, SavesWhatFits) {
  Containers containers;
  for (const char* id : {"a0", "a1", "a2"}) containers.put(id, running("n"));
  Containers back;
  back.restore(containers.save(30), 1);
  EXPECT_EQ(back.ids(), (std::vector<std::string>{"a0", "a1"}));
}

TEST(Containers, LeavesOutWhatCannotBeRead) {
  Containers containers;
  containers.restore("\n\t\t\nnot-hex\tr\t0\t0\tx\t\t\nab\nabc\tr\n", 5);
  EXPECT_EQ(containers.ids(), std::vector<std::string>{"abc"});
}

TEST(Containers, KeepsNoMoreThanTheBound) {
  Containers containers;
  for (std::size_t i = 0; i < Containers::kMost + 10; ++i) containers.put(std::to_string(i), {});
  EXPECT_EQ(containers.size(), Containers::kMost);
  containers.put("0", running("still replaced"));
  EXPECT_EQ(containers.find("0")->name, "still replaced");
}

TEST(Containers, LosesSightOnce) {
  Containers containers;
  containers.put("a", {});
  containers.lose_sight(10);
  containers.lose_sight(20);
  EXPECT_EQ(containers.find("a")->unobserved_us, 10);
}

}  // namespace
}  // namespace bus::docker
