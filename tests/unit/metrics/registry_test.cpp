#include "core/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "tests/support/temp_folder.h"

namespace bus::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Registry, CountsAndShows) {
  Registry registry;
  Counter counter = registry.counter("bus_test_events_total", "Events.", {{"source", "github"}});
  counter.add();
  counter.add(2);
  registry.gauge("bus_test_depth", "Depth.").set(7);
  registry.histogram("bus_test_seconds", "Time.", {}, {0.1, 1}).observe(0.5);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("bus_test_events_total{source=\"github\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE bus_test_events_total counter\n"));
  EXPECT_THAT(text, HasSubstr("bus_test_depth 7\n"));
  EXPECT_THAT(text, HasSubstr("bus_test_seconds_bucket{le=\"+Inf\"} 1\n"));
}

TEST(Registry, GivesTheSameSeriesTwice) {
  Registry registry;
  registry.counter("bus_a_total", "A.").add();
  registry.counter("bus_a_total", "A.").add();
  EXPECT_EQ(registry.counter("bus_a_total", "A.").value(), 2);
}

TEST(Registry, RefusesAndCountsWhatHasNoGoodName) {
  Registry registry;
  registry.counter("bus_a", "A.").add();
  registry.gauge("a_bus", "A.").set(1);
  registry.gauge("bus_x", "X.", {{"le", "1"}}).set(1);
  registry.gauge("bus_ok", "Ok.").set(1);
  registry.histogram("bus_ok", "Another type.").observe(1);
  EXPECT_THAT(registry.text(), HasSubstr("bus_metrics_refused_total 4\n"));
  EXPECT_THAT(registry.text(), Not(HasSubstr("a_bus")));
}

TEST(Registry, NamesAreChecked) {
  using K = Registry::Kind;
  EXPECT_TRUE(Registry::check(K::counter, "bus_events_total", {{"source", "x y"}}).ok());
  for (const char* name :
       {"", "bus_", "events_total", "bus_Events_total", "bus_a__b_total", "bus_events", "bus_é_total"}) {
    EXPECT_FALSE(Registry::check(K::counter, name, {}).ok()) << name;
  }
  EXPECT_FALSE(Registry::check(K::gauge, "bus_a_total", {}).ok());
  EXPECT_FALSE(Registry::check(K::histogram, "bus_a_count", {}).ok());
  EXPECT_FALSE(Registry::check(K::gauge, "bus_a", {{"__x", "1"}}).ok());
}

TEST(Registry, BoundsTheSeriesOfOneName) {
  Registry registry;
  for (std::size_t i = 0; i < kMaxSeriesOfOneName + 5; ++i) {
    registry.counter("bus_many_total", "Many.", {{"id", std::to_string(i)}}).add();
  }
  EXPECT_THAT(registry.text(), HasSubstr("bus_metrics_refused_total 5\n"));
}

TEST(Registry, HandlesThatWereNeverMadeDoNothing) {
  Counter counter;
  counter.add();
  Gauge gauge;
  gauge.set(1);
  Histogram().observe(1);
  EXPECT_EQ(counter.value() + gauge.value(), 0);
}

TEST(Registry, RaisesTotalsOfOthersAndNeverLowersThem) {
  Registry registry;
  Counter counter = registry.counter("bus_a_total", "A.");
  counter.raise_to(5);
  counter.raise_to(3);
  EXPECT_EQ(counter.value(), 5);
}

TEST(Registry, CallsHooksWhenScraped) {
  Registry registry;
  Gauge gauge = registry.gauge("bus_now", "Now.");
  int calls = 0;
  {
    const ScrapeHook hook = registry.on_scrape([&] { gauge.set(++calls); });
    EXPECT_THAT(registry.text(), HasSubstr("bus_now 1\n"));
    EXPECT_THAT(registry.openmetrics(), HasSubstr("bus_now 2\n"));
  }
  registry.text();
  EXPECT_EQ(calls, 2);
}

TEST(Registry, AHookThatMovedIsStillOne) {
  Registry registry;
  int calls = 0;
  ScrapeHook kept;
  {
    ScrapeHook hook = registry.on_scrape([&] { ++calls; });
    kept = std::move(hook);
  }
  registry.text();
  EXPECT_EQ(calls, 1);
  kept = ScrapeHook();
  registry.text();
  EXPECT_EQ(calls, 1);
}

TEST(Registry, MayBeUsedByManyThreads) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        registry.counter("bus_a_total", "A.", {{"t", std::to_string(i % 5)}}).add();
        if (i % 25 == t) registry.text();
        const ScrapeHook hook = registry.on_scrape([] {});
      }
    });
  }
  for (auto& thread : threads) thread.join();
  double sum = 0;
  for (int i = 0; i < 5; ++i)
    sum += registry.counter("bus_a_total", "A.", {{"t", std::to_string(i)}}).value();
  EXPECT_EQ(sum, 400);
}

TEST(Registry, AnswersInTheFormThatIsAskedFor) {
  Registry registry;
  EXPECT_EQ(registry.serialize("").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(registry.serialize("application/openmetrics-text").content_type,
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(Registry, PromtoolHasNothingToSay) {
  if (::access("/usr/bin/promtool", X_OK) != 0) GTEST_SKIP() << "promtool is not installed";
  Registry registry;
  registry.counter("bus_test_events_total", "Events \"quoted\" \\ and\nmore.", {{"source", "a\"b\\c\nd"}})
      .add(1.5);
  registry.gauge("bus_test_depth", "Depth.").set(-1e300);
  registry.gauge("bus_test_nothing", "Not a number.").set(std::nan(""));
  registry.histogram("bus_test_seconds", "Time.").observe(0.5);
  const testing::TempFolder folder;
  const std::string path = folder / "metrics";
  std::ofstream(path) << registry.text();
  FILE* const pipe = ::popen(("/usr/bin/promtool check metrics < " + path + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said(4096, '\0');
  said.resize(::fread(said.data(), 1, said.size(), pipe));
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace bus::metrics
