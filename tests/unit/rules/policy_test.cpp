#include "core/rules/policy.h"

#include <gtest/gtest.h>

namespace bus::rules {
namespace {

using namespace std::chrono_literals;

TEST(PolicyRate, IsACountAndADuration) {
  const struct {
    const char* text;
    std::int64_t count;
    microseconds per;
  } kGood[] = {{"10/1m", 10, 1min},
               {"1/s", 1, 1s},
               {"10/m", 10, 1min},
               {"5/1h30m", 5, 90min},
               {"100000/250ms", 100'000, 250ms},
               {"2/30", 2, 30s}};
  for (const auto& [text, count, per] : kGood) {
    const auto rate = parse_rate(text);
    ASSERT_TRUE(rate) << text;
    EXPECT_EQ(rate->count, count) << text;
    EXPECT_EQ(rate->per, per) << text;
  }
}

TEST(PolicyRate, WhatIsNone) {
  for (const char* text : {"", "10", "10/", "/1m", "0/1m", "-1/1m", "1.5/1m", "10/0s", "10/x", "10//1m",
                           "100001/1s", "10 / 1m", "99999999999999999999/1s", "10/1m/2"}) {
    const auto rate = parse_rate(text);
    ASSERT_FALSE(rate) << text;
    EXPECT_EQ(rate.error().code, Code::invalid);
    EXPECT_FALSE(rate.error().hint.empty());
  }
}

TEST(PolicyRate, IsReadAsItIsWritten) {
  for (const char* text : {"10/1m", "1/250ms", "7/1h30m"}) EXPECT_EQ(format_rate(*parse_rate(text)), text);
}

TEST(PolicyWords, NameThemselves) {
  for (const std::string_view word : kWhenBusyWords) {
    const auto when = when_busy_named(word);
    ASSERT_TRUE(when) << word;
    EXPECT_EQ(name(*when), word);
  }
  EXPECT_FALSE(when_busy_named("later"));
}

TEST(PolicyJobs, AFewWithKeysElseOne) {
  EXPECT_EQ(Policy{}.most_jobs(), 1);
  EXPECT_EQ(Policy{.keyed = true}.most_jobs(), 8);
  EXPECT_EQ((Policy{.jobs = 3, .keyed = true}.most_jobs()), 3);
}

TEST(PolicyCheck, WhatDoesNotGoTogether) {
  EXPECT_TRUE(check(Policy{}));
  EXPECT_TRUE(check({.debounce = 1s, .max_wait = 1s}));
  EXPECT_FALSE(check({.max_wait = 1s}));
  EXPECT_FALSE(check({.debounce = 2s, .max_wait = 1s}));
  EXPECT_FALSE(check({.when_busy = WhenBusy::restart, .retries = 1}));
  EXPECT_EQ(check({.max_wait = 1s}).error().code, Code::invalid);
}

}  // namespace
}  // namespace bus::rules
