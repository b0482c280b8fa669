#include "sources/docker/text.h"

#include <gtest/gtest.h>

namespace bus::docker {
namespace {

TEST(NumberOr, TakesTheWholeText) {
  EXPECT_EQ(number_or("137", -1), 137);
  EXPECT_EQ(number_or("-1", 0), -1);
  for (const char* odd : {"", " 1", "1 ", "0x1", "99999999999999999999"})
    EXPECT_EQ(number_or(odd, -7), -7) << odd;
}

}  // namespace
}  // namespace bus::docker
