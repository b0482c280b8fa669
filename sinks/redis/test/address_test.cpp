#include "sinks/redis/address.h"

#include <gtest/gtest.h>

namespace bus::redis {
namespace {

Address read(std::string_view url) {
  Address out;
  EXPECT_TRUE(read_address(url, out).ok()) << url;
  return out;
}

TEST(Address, Tcp) {
  EXPECT_EQ(read("redis://h").host, "h");
  EXPECT_EQ(read("redis://h").port, 6379);
  EXPECT_EQ(read("redis://h:7/3").port, 7);
  EXPECT_EQ(read("redis://h:7/3").database, 3);
  EXPECT_EQ(read("redis://h/").database, 0);
  EXPECT_EQ(read("redis://[::1]:7").host, "::1");
  EXPECT_EQ(read("redis://[::1]").port, 6379);
}

TEST(Address, UnixSocket) {
  EXPECT_EQ(read("unix:///run/redis.sock").path, "/run/redis.sock");
  EXPECT_EQ(read("unix:///run/redis.sock?db=2").database, 2);
}

TEST(Address, WrongOnes) {
  for (const char* bad : {"", "h:1", "http://h", "rediss://h", "redis://", "redis://u:p@h", "redis://h:0",
                          "redis://h:65536", "redis://h:x", "redis://h/x", "redis://h/-1", "redis://[::1",
                          "redis://[::1]x", "unix://rel", "unix:///s?x=1", "unix:///s?db=x"}) {
    Address out;
    EXPECT_EQ(read_address(bad, out).code(), Code::invalid) << bad;
  }
}

}  // namespace
}  // namespace bus::redis
