#include "sinks/redis/stream_name.h"

#include <gtest/gtest.h>

namespace bus::redis {
namespace {

TEST(StreamName, IsFilledIn) {
  bus_event event{};
  event.type = text("push");
  event.scope = text("octo/hello");
  EXPECT_EQ(StreamName("bus").fill("github", event), "bus");
  EXPECT_EQ(StreamName("b:{source}:{type}:{scope}!").fill("github", event), "b:github:push:octo/hello!");
}

TEST(StreamName, WrongOnesAreRefused) {
  for (const char* bad : {"", "{", "{type", "{id}", "a{}"}) EXPECT_THROW(StreamName{bad}, Failure) << bad;
  EXPECT_THROW(StreamName(std::string(201, 'a')), Failure);
}

}  // namespace
}  // namespace bus::redis
