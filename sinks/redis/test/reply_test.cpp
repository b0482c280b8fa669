#include "sinks/redis/reply.h"

#include <gtest/gtest.h>

namespace bus::redis {
namespace {

TEST(Reply, AnErrorIsForAPersonOrForLater) {
  for (const char* error :
       {"NOAUTH Authentication required.", "WRONGPASS invalid", "NOPERM no", "WRONGTYPE Operation",
        "ERR invalid password", "ERR Client sent AUTH, but no password is set"})
    EXPECT_EQ(status_of_error(error).code(), Code::denied) << error;
  for (const char* error :
       {"OOM command not allowed", "LOADING Redis is loading", "READONLY You can't write", "MISCONF", ""})
    EXPECT_EQ(status_of_error(error).code(), Code::unavailable) << error;
}

}  // namespace
}  // namespace bus::redis
