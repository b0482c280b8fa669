#include "sources/github/poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace bus::github {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kSecond = Budget::kSecond;
constexpr const char* kApi = "https://api.github.com";
constexpr const char* kRepo = "https://api.github.com/repos/octo/hello";

// A poller, a clock that is moved by hand, and the answers of a test.
class PollerTest : public ::testing::Test {
 protected:
  std::optional<Ask> next() { return poller.next(now, budget); }
  // What a round asks for, each answered by `answer`.
  std::vector<std::string> round(const std::function<void(const Ask&)>& answer) {
    std::vector<std::string> urls;
    while (auto ask = next()) {
      urls.push_back(ask->url.substr(std::string(kApi).size()));
      answer(*ask);
      if (urls.size() > 50) break;
    }
    return urls;
  }
  void good(const Ask& ask, Reading reading = {}, const std::string& etag = {}, const std::string& link = {},
            const std::set<std::uint64_t>& moved = {}) {
    Answered answer;
    answer.status = 200, answer.etag = etag, answer.next = link;
    if (ask.what == What::repository) reading.name = "octo/hello";
    poller.answered(ask, answer, &reading, moved, !moved.empty(), now);
  }
  void status(const Ask& ask, int code, const std::string& location = {}) {
    Answered answer;
    answer.status = code, answer.location = location;
    poller.answered(ask, answer, nullptr, {}, false, now);
  }
  static RunSeen run(std::uint64_t id, bool over, std::int64_t updated_us = 0) {
    return {id, over, updated_us, updated_us};
  }
  const Watched& repo() { return *poller.find("octo/hello"); }

  std::int64_t now = 1'800'000'000 * kSecond;
  Budget budget{20};
  Poller poller{kApi, Cadence{}};
};

TEST_F(PollerTest, NothingIsAskedUntilSomethingIsWatched) {
  EXPECT_FALSE(next());
  EXPECT_EQ(poller.due_us(now), std::nullopt);
}

TEST_F(PollerTest, ARoundAsksForTheNameOnceAndTheRuns) {
  EXPECT_TRUE(poller.watch("octo/hello"));
  EXPECT_FALSE(poller.watch("Octo/Hello")) << "GitHub does not mind the case";
  EXPECT_THAT(round([&](const Ask& ask) { good(ask); }),
              ElementsAre("/repos/octo/hello", "/repos/octo/hello/actions/runs?per_page=30"));
  EXPECT_EQ(repo().condition, Watched::Condition::ok);
  now += 300 * kSecond;
  EXPECT_THAT(round([&](const Ask& ask) { good(ask); }),
              ElementsAre("/repos/octo/hello/actions/runs?per_page=30"));
}

TEST_F(PollerTest, TheEtagIsSentOnceItsEventsAreStored) {
  poller.watch("octo/hello");
  round([&](const Ask& ask) {
    EXPECT_EQ(ask.etag, "");
    good(ask, {}, "W/\"v1\"");
  });
  now += 300 * kSecond;
  auto ask = next();
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->etag, "W/\"v1\"");
  // Not stored: asked once more, whatever the server says has changed.
  poller.again(*ask);
  ask = next();
  EXPECT_EQ(ask->etag, "W/\"v1\"");
  status(*ask, 304);
  EXPECT_FALSE(next());
  now += 300 * kSecond;
  EXPECT_EQ(next()->etag, "W/\"v1\"");
}

TEST_F(PollerTest, JobsOfRunsUnderWayAndOnceMoreAtTheirEnd) {
  poller.watch("octo/hello");
  bool over = false;
  const auto answer = [&](const Ask& ask) {
    Reading reading;
    if (ask.what == What::runs) reading.runs = {run(98, over), run(97, true)};
    good(ask, std::move(reading));
  };
  EXPECT_THAT(round(answer), ElementsAre("/repos/octo/hello", "/repos/octo/hello/actions/runs?per_page=30",
                                         "/repos/octo/hello/actions/runs/98/jobs?per_page=100"));
  EXPECT_EQ(repo().every_us, 15 * kSecond);
  over = true;
  now += 15 * kSecond;
  EXPECT_THAT(round(answer), ElementsAre("/repos/octo/hello/actions/runs?per_page=30",
                                         "/repos/octo/hello/actions/runs/98/jobs?per_page=100"));
  now += 300 * kSecond;
  EXPECT_THAT(round(answer), ElementsAre("/repos/octo/hello/actions/runs?per_page=30"));
}

TEST_F(PollerTest, ARunThatLeftTheListIsAskedForByItself) {
  poller.watch("octo/hello");
  bool listed = true;
  const auto answer = [&](const Ask& ask) {
    Reading reading;
    if (ask.what == What::runs && listed) reading.runs = {run(98, false)};
    if (ask.what == What::run) reading.runs = {run(98, true)};
    good(ask, std::move(reading));
  };
  round(answer);
  listed = false;
  now += 15 * kSecond;
  EXPECT_THAT(round(answer),
              ElementsAre("/repos/octo/hello/actions/runs?per_page=30", "/repos/octo/hello/actions/runs/98",
                          "/repos/octo/hello/actions/runs/98/jobs?per_page=100"));
  EXPECT_THAT(repo().active, IsEmpty());
}

TEST_F(PollerTest, AListThatHasNotChangedStillHasItsRuns) {
  poller.watch("octo/hello");
  round([&](const Ask& ask) {
    Reading reading;
    if (ask.what == What::runs) reading.runs = {run(98, false)};
    good(ask, std::move(reading), "\"v1\"");
  });
  now += 15 * kSecond;
  EXPECT_THAT(round([&](const Ask& ask) { status(ask, 304); }),
              ElementsAre("/repos/octo/hello/actions/runs?per_page=30",
                          "/repos/octo/hello/actions/runs/98/jobs?per_page=100"));
}

TEST_F(PollerTest, OnlyWhatCanBeNewIsWanted) {
  poller.watch("octo/hello");
  Ask ask;
  ask.what = What::runs, ask.repo = "octo/hello";
  EXPECT_TRUE(poller.wants(ask, run(1, false, 1), now));
  EXPECT_TRUE(poller.wants(ask, run(1, true, now - 600 * kSecond), now));
  EXPECT_FALSE(poller.wants(ask, run(1, true, now - 7200 * kSecond), now))
      << "the first look goes back an hour";
  const std::int64_t seen = now - 86'400 * kSecond;
  round([&](const Ask& one) {
    Reading reading;
    if (one.what == What::runs) reading.runs = {run(9, true, seen)};
    good(one, std::move(reading));
  });
  EXPECT_TRUE(poller.wants(ask, run(1, true, seen + kSecond), now))
      << "since last seen, however long that is";
  EXPECT_FALSE(poller.wants(ask, run(1, true, seen - 3600 * kSecond), now));
}

TEST_F(PollerTest, CatchingUpGoesBackByLinkToWhatWasSeen) {
  poller.watch("octo/hello");
  const std::int64_t seen = now - 86'400 * kSecond;
  const std::string page2 = std::string(kRepo) + "/actions/runs?page=2", page3 = page2 + "3";
  round([&](const Ask& ask) {
    Reading reading;
    if (ask.what == What::runs) reading.runs = {run(1, true, seen)};
    good(ask, std::move(reading), "\"a\"", page2);
  });
  now += 300 * kSecond;
  std::size_t stored = 0;
  const auto urls = round([&](const Ask& ask) {
    Reading reading;
    reading.runs = {run(50, true, stored == 0 ? now - 60 * kSecond : seen - kSecond)};
    ++stored;
    // Until the last page is stored nothing says that we were here.
    EXPECT_EQ(repo().seen_us, seen);
    good(ask, std::move(reading), "\"b\"", ask.page == 1 ? page2 : page3);
  });
  EXPECT_THAT(urls, ElementsAre("/repos/octo/hello/actions/runs?per_page=30",
                                "/repos/octo/hello/actions/runs?page=2"));
  EXPECT_EQ(repo().seen_us, now - 60 * kSecond);
  now += 300 * kSecond;
  EXPECT_EQ(next()->etag, "\"b\"");
}

TEST_F(PollerTest, ALinkToAnotherServerIsNotFollowed) {
  poller.follow("octo/hello", {What::run, "98", now + 60 * kSecond, {}}, now);
  round([&](const Ask& ask) {
    Reading reading;
    if (ask.what == What::run) reading.runs = {run(98, false)};
    if (ask.what == What::jobs) {
      EXPECT_EQ(ask.page, 1u);
      return good(ask, {}, "\"j\"", "https://evil.example/jobs?page=2");
    }
    good(ask, std::move(reading));
  });
}

TEST_F(PollerTest, AFollowedCommitHasItsThreeLists) {
  poller.follow("octo/hello", {What::commit_runs, "c9a1", now + 60 * kSecond, {}}, now);
  EXPECT_THAT(round([&](const Ask& ask) { good(ask); }),
              ElementsAre("/repos/octo/hello", "/repos/octo/hello/actions/runs?head_sha=c9a1&per_page=100",
                          "/repos/octo/hello/commits/c9a1/check-runs?per_page=100",
                          "/repos/octo/hello/commits/c9a1/status?per_page=100"));
  EXPECT_EQ(repo().every_us, 15 * kSecond);
  now += 61 * kSecond;  // the lease is over
  EXPECT_FALSE(next());
  EXPECT_EQ(poller.find("octo/hello"), nullptr);
}

TEST_F(PollerTest, ACommitThatIsNotThereYetIsNoTrouble) {
  poller.follow("octo/hello", {What::commit_runs, "c9a1", now + 600 * kSecond, {}}, now);
  round([&](const Ask& ask) { ask.what == What::repository ? good(ask) : status(ask, 422); });
  EXPECT_EQ(repo().condition, Watched::Condition::ok);
  EXPECT_EQ(repo().every_us, 15 * kSecond);
}

TEST_F(PollerTest, APullRequestLeadsToItsCommit) {
  poller.follow("octo/hello", {What::pull, "42", now + 600 * kSecond, {}}, now);
  const auto urls = round([&](const Ask& ask) {
    Reading reading;
    if (ask.what == What::pull) reading.head = "beef";
    good(ask, std::move(reading));
  });
  EXPECT_THAT(urls, ElementsAre("/repos/octo/hello", "/repos/octo/hello/pulls/42",
                                "/repos/octo/hello/actions/runs?head_sha=beef&per_page=100",
                                "/repos/octo/hello/commits/beef/check-runs?per_page=100",
                                "/repos/octo/hello/commits/beef/status?per_page=100"));
}

TEST_F(PollerTest, AMoveForGoodIsRemembered) {
  poller.watch("octo/hello");
  const auto urls = round([&](const Ask& ask) {
    if (ask.url == kRepo) return status(ask, 301, std::string(kApi) + "/repositories/7");
    good(ask);
  });
  EXPECT_THAT(
      urls, ElementsAre("/repos/octo/hello", "/repositories/7", "/repositories/7/actions/runs?per_page=30"));
  const std::string saved = Poller::save("octo/hello", repo());
  Poller later(kApi, Cadence{});
  later.watch("octo/hello");
  later.load(saved);
  EXPECT_EQ(later.next(now, budget)->url, std::string(kApi) + "/repositories/7/actions/runs?per_page=30");
}

TEST_F(PollerTest, AMoveForTheTimeBeingIsNot) {
  poller.watch("octo/hello");
  round([&](const Ask& ask) {
    if (ask.url == std::string(kRepo) + "/actions/runs?per_page=30")
      return status(ask, 302, std::string(kApi) + "/elsewhere");
    good(ask);
  });
  now += 300 * kSecond;
  EXPECT_EQ(next()->url, std::string(kRepo) + "/actions/runs?per_page=30");
}

TEST_F(PollerTest, MovesToAnotherServerOrInCirclesEndTheRound) {
  for (const char* where :
       {"https://evil.example/repos/octo/hello", "https://api.github.com/repos/octo/hello", ""}) {
    poller.watch("octo/hello");
    const auto urls = round([&](const Ask& ask) { status(ask, 301, where); });
    EXPECT_LE(urls.size(), 5u);
    EXPECT_EQ(repo().condition, Watched::Condition::degraded) << where;
    poller.unwatch("octo/hello");
  }
}

TEST_F(PollerTest, AMissingRepositoryIsDegradedAndSeldomAsked) {
  for (const int code : {404, 410, 451, 403}) {
    poller.watch("octo/hello");
    EXPECT_EQ(round([&](const Ask& ask) { status(ask, code); }).size(), 1u);
    EXPECT_EQ(repo().condition, Watched::Condition::degraded);
    EXPECT_THAT(repo().reason, ::testing::HasSubstr(std::to_string(code)));
    EXPECT_GE(repo().next_us, now + 900 * kSecond);
    poller.unwatch("octo/hello");
  }
  poller.watch("octo/hello");
  round([&](const Ask& ask) { status(ask, 404); });
  now += 901 * kSecond;
  round([&](const Ask& ask) { good(ask); });
  EXPECT_EQ(repo().condition, Watched::Condition::ok);
  EXPECT_EQ(repo().reason, "");
}

TEST_F(PollerTest, WhatTheTokenMayNotReadIsLeftOutForAnHour) {
  poller.follow("octo/hello", {What::commit_runs, "c9a1", now + 600 * kSecond, {}}, now);
  round([&](const Ask& ask) { ask.what == What::checks ? status(ask, 403) : good(ask); });
  EXPECT_EQ(repo().condition, Watched::Condition::degraded);
  EXPECT_THAT(repo().reason, ::testing::HasSubstr("checks cannot be read"));
  now += 15 * kSecond;
  EXPECT_EQ(round([&](const Ask& ask) { good(ask); }).size(), 2u) << "runs and statuses";
  EXPECT_EQ(repo().condition, Watched::Condition::degraded);
}

TEST_F(PollerTest, WebhooksMakeItACheckUntilOneIsMissed) {
  poller.watch("octo/hello");
  round([&](const Ask& ask) { good(ask); });
  poller.webhook("Octo/Hello", now);
  now += 300 * kSecond;
  round([&](const Ask& ask) { good(ask); });
  EXPECT_EQ(repo().every_us, 900 * kSecond);
  now += 900 * kSecond;
  round([&](const Ask& ask) { good(ask, {}, {}, {}, {98}); });  // it told what no webhook had
  EXPECT_EQ(repo().every_us, 15 * kSecond * 3);
}

TEST_F(PollerTest, ManyRepositoriesShareTheBudget) {
  Rate rate;
  rate.limit = 60, rate.remaining = 60, rate.date_s = now / kSecond, rate.reset_s = *rate.date_s + 3600;
  budget.answered(200, false, rate, now, 0);
  for (const char* name : {"o/a", "o/b", "o/c"}) poller.watch(name);
  for (int n = 0; n < 3; ++n) round([&](const Ask& ask) { good(ask); });
  // Three requests at least in 3,600 s / 48.
  for (const auto& [key, one] : poller.repos()) EXPECT_GE(one.every_us, 3 * 75 * kSecond);
}

TEST_F(PollerTest, PokeBeginsARoundAtOnce) {
  poller.watch("octo/hello");
  round([&](const Ask& ask) { good(ask); });
  const auto until = poller.poke("octo/hello");
  EXPECT_EQ(until, 2u);
  auto ask = next();
  ASSERT_TRUE(ask);
  EXPECT_EQ(poller.poke("octo/hello"), 3u) << "this round may have begun too early";
  good(*ask);
  EXPECT_EQ(round([&](const Ask& one) { good(one); }).size(), 1u);
  EXPECT_EQ(repo().finished, 3u);
  EXPECT_EQ(poller.poke("octo/other"), std::nullopt);
}

TEST_F(PollerTest, AClockThatIsSetBackStopsNobody) {
  poller.watch("octo/hello");
  round([&](const Ask& ask) { good(ask); });
  now -= 365 * 86'400 * kSecond;
  EXPECT_TRUE(next());
}

TEST_F(PollerTest, OutlivesARestart) {
  poller.watch("octo/hello");
  round([&](const Ask& ask) {
    Reading reading;
    if (ask.what == What::runs) reading.runs = {run(98, false, now), run(97, true, now)};
    good(ask, std::move(reading), "\"v1\"");
  });
  const std::string saved = Poller::save("octo/hello", repo());
  Poller later(kApi, Cadence{});
  later.watch("octo/hello");
  later.load(saved);
  later.load("{");
  later.load(R"({"key":"octo/hello","repo":"../x","base":"x"})");
  EXPECT_EQ(Poller::save("octo/hello", *later.find("octo/hello")), saved);
  const auto ask = later.next(now, budget);
  EXPECT_EQ(ask->etag, "\"v1\"");
  status(*ask, 304);
}

TEST_F(PollerTest, IsBounded) {
  for (std::size_t n = 0; n < Poller::kMostRepos + 5; ++n) poller.watch("o/r" + std::to_string(n));
  EXPECT_EQ(poller.repos().size(), Poller::kMostRepos);
  Poller other(kApi, Cadence{});
  for (std::size_t n = 0; n < Poller::kMostFollows; ++n)
    EXPECT_TRUE(other.follow("o/r", {What::run, std::to_string(n), now + kSecond, {}}, now));
  EXPECT_FALSE(other.follow("o/s", {What::run, "1", now + kSecond, {}}, now));
  EXPECT_EQ(other.find("o/s"), nullptr);
}

}  // namespace
}  // namespace bus::github
