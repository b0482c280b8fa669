#include "core/fanout/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::fanout {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::note;
using testing::report;

class HubTest : public ::testing::Test {
 protected:
  HubTest() : store_(std::move(*store::open_sqlite(folder_.path(), clock_))), hub_(*store_, metrics_) {}

  // Stores and publishes; `published` = false leaves it stored only, as between a commit and its publication.
  void add(store::NewEvent event, bool published = true) {
    std::vector<store::NewEvent> events;
    events.push_back(std::move(event));
    auto appended = store_->append(events);
    ASSERT_TRUE(appended);
    if (published) hub_.publish(std::vector<store::RecordPtr>{appended->front().record});
    last_ = appended->front().record;
  }
  std::unique_ptr<Reader> open(std::uint64_t after, const char* where = nullptr,
                               std::size_t buffer = 1 << 20) {
    ReaderOptions options;
    options.after = after;
    if (where != nullptr) options.predicate = *predicate::compile(where);
    options.wake = [this] { ++wakes_; };
    options.buffer_bytes = buffer;
    return hub_.open(std::move(options));
  }
  // Reads until it has caught up.
  std::vector<std::uint64_t> drain(Reader& reader, std::size_t most = 100) {
    std::vector<std::uint64_t> out;
    for (;;) {
      auto batch = reader.read(most, 1 << 20);
      EXPECT_TRUE(batch);
      if (batch->gap) out.push_back(0);
      for (const auto& record : batch->records) out.push_back(record->seq);
      if (batch->caught_up) return out;
    }
  }

  testing::TempFolder folder_;
  testing::FakeClock clock_;
  metrics::Registry metrics_;
  std::unique_ptr<store::Store> store_;
  Hub hub_;
  store::RecordPtr last_;
  int wakes_ = 0;
};

TEST_F(HubTest, CatchesUpAndGoesLiveWithoutAGap) {
  for (int i = 0; i < 5; ++i) add(note());
  auto reader = open(2);
  EXPECT_THAT(drain(*reader, 2), ElementsAre(3, 4, 5));
  add(note());
  EXPECT_EQ(wakes_, 1);
  add(note());
  EXPECT_EQ(wakes_, 1) << "one wake until it has read";
  EXPECT_THAT(drain(*reader), ElementsAre(6, 7));
  EXPECT_EQ(reader->position(), 7u);
  add(note());
  EXPECT_EQ(wakes_, 2);
}

TEST_F(HubTest, NobodyIsWokenInVain) {
  auto reader = open(0, "type == 'other'");
  EXPECT_THAT(drain(*reader), IsEmpty());
  add(note());
  EXPECT_EQ(wakes_, 0);
  EXPECT_THAT(drain(*reader), IsEmpty());
  EXPECT_EQ(reader->position(), 1u) << "it has looked at everything all the same";
}

TEST_F(HubTest, FiltersTheSameFromTheStoreAndLive) {
  add(report("a", event::State::running));
  add(report("a", event::State::finished, event::Outcome::failure));
  auto reader = open(0, "task.result == 'failure' && data.x == 1");
  EXPECT_THAT(drain(*reader), IsEmpty());
  auto failed = report("b", event::State::finished, event::Outcome::failure);
  failed.event.data = R"({"x":1})";
  add(std::move(failed));
  EXPECT_THAT(drain(*reader), ElementsAre(3));
  auto late = open(0, "task.result == 'failure' && data.x == 1");
  EXPECT_THAT(drain(*late), ElementsAre(3));
}

TEST_F(HubTest, WhatIsStoredButNotYetPublishedIsSeenOnce) {
  add(note());
  auto reader = open(0);
  add(note(), false);
  EXPECT_THAT(drain(*reader), ElementsAre(1, 2));
  hub_.publish(std::vector<store::RecordPtr>{last_});
  EXPECT_EQ(wakes_, 0);
  EXPECT_THAT(drain(*reader), IsEmpty());
}

TEST_F(HubTest, ASlowReaderGoesOnFromTheStore) {
  auto reader = open(0, nullptr, 1000);
  EXPECT_THAT(drain(*reader), IsEmpty());
  std::vector<std::uint64_t> want;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    add(note());
    want.push_back(i);
  }
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(drain(*reader, 7), want);
  EXPECT_THAT(metrics_.text(), ::testing::HasSubstr("bus_reader_lags_total 1"));
}

TEST_F(HubTest, RepeatsArePassedOverWhereOnlyNewsIsWanted) {
  ReaderOptions options;
  options.reports_all = false;
  auto reader = hub_.open(std::move(options));
  EXPECT_THAT(drain(*reader), IsEmpty());
  add(report("t", event::State::running));
  add(report("t", event::State::running));
  add(note());
  EXPECT_THAT(drain(*reader), ElementsAre(1, 3));
  ReaderOptions late;
  late.reports_all = false;
  auto second = hub_.open(std::move(late));
  EXPECT_THAT(drain(*second), ElementsAre(1, 3));
}

TEST_F(HubTest, EachGapIsToldByItself) {
  for (int i = 0; i < 300; ++i) add(note());
  // Retention takes from the old end only, but may do so between two pages of one read(): a hole at the
  // border of the pages looks the same.
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "bus.db").c_str(), &db), SQLITE_OK);
  const char* holes = "DELETE FROM events WHERE seq <= 10 OR seq BETWEEN 267 AND 280";
  EXPECT_EQ(sqlite3_exec(db, holes, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
  auto reader = open(0, "type == 'other'");
  const auto first = reader->read(1000, 1 << 20);
  ASSERT_TRUE(first && first->gap);
  EXPECT_EQ(first->gap->from, 1u);
  EXPECT_EQ(first->gap->to, 10u);
  EXPECT_FALSE(first->caught_up);
  const auto second = reader->read(1000, 1 << 20);
  ASSERT_TRUE(second && second->gap);
  EXPECT_EQ(second->gap->from, 267u);
  EXPECT_EQ(second->gap->to, 280u);
  EXPECT_TRUE(second->caught_up);
}

TEST_F(HubTest, ARarePredicateDoesNotHoldItsThread) {
  for (int i = 0; i < 3000; ++i) add(note());
  auto reader = open(0, "type == 'other'");
  auto batch = reader->read(10, 1 << 20);
  ASSERT_TRUE(batch);
  EXPECT_FALSE(batch->caught_up);
  EXPECT_GT(batch->position, 0u);
  EXPECT_THAT(drain(*reader), IsEmpty());
}

TEST_F(HubTest, AReaderThatIsGoneIsNotWoken) {
  auto reader = open(0);
  drain(*reader);
  EXPECT_EQ(hub_.readers(), 1u);
  reader.reset();
  EXPECT_EQ(hub_.readers(), 0u);
  add(note());
  EXPECT_EQ(wakes_, 0);
}

}  // namespace
}  // namespace bus::fanout
