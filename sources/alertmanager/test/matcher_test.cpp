#include "sources/alertmanager/matcher.h"

#include <gtest/gtest.h>

#include <map>

namespace bus::alertmanager {
namespace {

bool matches(const char* text, const std::map<std::string, std::string, std::less<>>& labels) {
  const auto matcher = Matcher::parse(text);
  EXPECT_TRUE(matcher.has_value()) << text;
  return matcher && matcher->matches([&](std::string_view name) -> std::string_view {
    const auto at = labels.find(name);
    return at == labels.end() ? std::string_view() : std::string_view(at->second);
  });
}

TEST(Matcher, AsksForTheNameAndEveryLabel) {
  EXPECT_TRUE(matches("Watchdog", {{"alertname", "Watchdog"}, {"cluster", "b"}}));
  EXPECT_FALSE(matches("Watchdog", {{"alertname", "Watchdogs"}}));
  EXPECT_FALSE(matches("Watchdog", {}));
  EXPECT_TRUE(matches("W{a=\"1\", b = \"x y\"}", {{"alertname", "W"}, {"a", "1"}, {"b", "x y"}}));
  EXPECT_FALSE(matches("W{a=\"1\",b=\"2\"}", {{"alertname", "W"}, {"a", "1"}}));
  EXPECT_TRUE(matches("W{a=\"\"}", {{"alertname", "W"}}));  // as in PromQL: no label is an empty one
}

TEST(Matcher, HasOneWayToBeWritten) {
  EXPECT_EQ(Matcher::parse(" W { a = \"1\" , b=\"q\\\"\\\\\" } ")->text(), "W{a=\"1\",b=\"q\\\"\\\\\"}");
  EXPECT_EQ(Matcher::parse("W{}")->text(), "W{}");
  EXPECT_EQ(Matcher::parse("High load")->text(), "High load");
  EXPECT_EQ(Matcher::parse("W{a=\"1\"}")->name(), "W");
}

TEST(Matcher, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "  ", "{a=\"1\"}", "W{", "W}", "W{a}", "W{a=1}", "W{a=~\"1\"}", "W{a!=\"1\"}", "W{a=\"1}",
        "W{a=\"1\\", "W{a=\"1\" b=\"2\"}", "W{1a=\"1\"}", "W{=\"1\"}", "W{a=\"1\"}x", "W\"x"}) {
    EXPECT_FALSE(Matcher::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(Matcher::parse(std::string(257, 'x')).has_value());
}

}  // namespace
}  // namespace bus::alertmanager
