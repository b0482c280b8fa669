// The trace that a run goes on with.
#include "core/event/trace.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace bus::event {
namespace {

constexpr std::string_view kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Trace, Parts) {
  ASSERT_TRUE(is_traceparent(kGood));
  EXPECT_EQ(trace_id(kGood), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span_id(kGood), "00f067aa0ba902b7");
}

TEST(Trace, WhatIsNone) {
  for (const std::string_view text : {"", "00", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                      "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                                      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
                                      "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                      "00-4bf92f3577b34da6a3ce929d0e0e4736000f067aa0ba902b7-01"}) {
    EXPECT_FALSE(is_traceparent(text)) << text;
  }
}

TEST(Trace, ANewSpanStaysInItsTrace) {
  const std::string next = new_traceparent(kGood);
  ASSERT_TRUE(is_traceparent(next)) << next;
  EXPECT_EQ(trace_id(next), trace_id(kGood));
  EXPECT_NE(span_id(next), span_id(kGood));
  EXPECT_EQ(next.substr(53), "01");
}

TEST(Trace, FlagsAreKept) {
  const std::string parent = std::string(kGood.substr(0, 53)) + "00";
  EXPECT_EQ(new_traceparent(parent).substr(53), "00");
}

TEST(Trace, WithoutAParentANewTraceBegins) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string one = new_traceparent(i % 2 == 0 ? "" : "nonsense");
    ASSERT_TRUE(is_traceparent(one)) << one;
    EXPECT_TRUE(seen.insert(std::string(trace_id(one))).second);
  }
}

}  // namespace
}  // namespace bus::event
