#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::note;

class DeadLetterTest : public ::testing::Test {
 protected:
  DeadLetterTest() { open(); }
  void open() {
    store_.reset();
    auto store = open_sqlite(folder_.path(), clock_);
    EXPECT_TRUE(store.ok());
    store_ = std::move(*store);
  }
  // A stored event, refused by that sink.
  DeadLetter refused(const std::string& sink = "out") {
    std::vector<NewEvent> events;
    events.push_back(note());
    const auto stored = store_->append(events);
    EXPECT_TRUE(stored.ok());
    DeadLetter letter;
    letter.sink = sink;
    letter.seq = stored->at(0).seq;
    letter.event = stored->at(0).id;
    letter.reason = "never";
    letter.last = clock_.now();
    letter.json = stored->at(0).record->json;
    return letter;
  }
  std::vector<std::uint64_t> ids(const DeadQuery& query = {}) {
    std::vector<std::uint64_t> out;
    const auto letters = store_->dead_letters(query);
    EXPECT_TRUE(letters.ok());
    for (const DeadLetter& letter : *letters) out.push_back(letter.id);
    return out;
  }

  testing::TempFolder folder_;
  testing::FakeClock clock_;
  std::unique_ptr<Store> store_;
};

TEST_F(DeadLetterTest, IsKeptTogetherWithTheCursor) {
  const DeadLetter letter = refused();
  ASSERT_EQ(*store_->bury(letter, "sink:out", 10), 0u);
  open();
  EXPECT_EQ(store_->cursor("sink:out")->seq, letter.seq);
  const auto kept = store_->dead_letters({.id = 1});
  ASSERT_EQ(kept->size(), 1u);
  const DeadLetter& one = kept->front();
  EXPECT_EQ(one.sink, "out");
  EXPECT_EQ(one.event, letter.event);
  EXPECT_EQ(one.reason, "never");
  EXPECT_EQ(one.code, Code::invalid);
  EXPECT_EQ(one.first, clock_.now());
  EXPECT_EQ(one.json.text, letter.json.text);
  EXPECT_EQ(one.json.head, letter.json.head);
}

TEST_F(DeadLetterTest, TheSameEventAddsUp) {
  DeadLetter letter = refused();
  letter.attempts = 3;
  ASSERT_TRUE(store_->bury(letter, "", 10).ok());
  EXPECT_FALSE(store_->cursor("").ok());
  clock_.advance(1s);
  letter.attempts = 1;
  letter.last = clock_.now();
  letter.code = Code::unavailable;
  letter.reason = "gone";
  ASSERT_TRUE(store_->bury(letter, "", 10).ok());
  const auto kept = store_->dead_letters({});
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front().attempts, 4u);
  EXPECT_EQ(kept->front().reason, "gone");
  EXPECT_EQ(kept->front().last - kept->front().first, 1s);
}

TEST_F(DeadLetterTest, TheOldestGoWhenThereAreTooMany) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(*store_->bury(refused(), "", 3), 0u);
  EXPECT_EQ(*store_->bury(refused(), "", 2), 2u);
  EXPECT_THAT(ids(), ElementsAre(3u, 4u));
}

TEST_F(DeadLetterTest, ListsCountsAndDrops) {
  for (const char* sink : {"a", "b", "a"}) ASSERT_TRUE(store_->bury(refused(sink), "", 10).ok());
  EXPECT_THAT(ids({.sink = "a"}), ElementsAre(1u, 3u));
  EXPECT_THAT(ids({.after = 1, .limit = 1}), ElementsAre(2u));
  EXPECT_EQ(store_->count_dead_letters()->at("a"), 2u);
  EXPECT_TRUE(store_->drop_dead_letter(3).ok());
  EXPECT_EQ(store_->drop_dead_letter(3).error().code, Code::not_found);
  EXPECT_THAT(ids(), ElementsAre(1u, 2u));
  ASSERT_TRUE(store_->bury(refused("a"), "", 10).ok());
  EXPECT_THAT(ids(), ElementsAre(1u, 2u, 4u)) << "an id is never given twice";
}

TEST_F(DeadLetterTest, ComesWithoutDataIfAsked) {
  std::vector<NewEvent> events;
  events.push_back(note());
  events[0].event.data = R"({"text":"ü"})";
  const auto stored = store_->append(events);
  DeadLetter letter;
  letter.sink = "out";
  letter.event = stored->at(0).id;
  letter.json = stored->at(0).record->json;
  ASSERT_TRUE(store_->bury(letter, "", 10).ok());
  const auto bare = store_->dead_letters({.data = false});
  EXPECT_EQ(bare->front().json.text, std::string(letter.json.head_open()) + "}");
  EXPECT_EQ(store_->dead_letters({})->front().json.text, letter.json.text);
}

TEST_F(DeadLetterTest, OutlivesRetention) {
  const DeadLetter letter = refused();
  ASSERT_TRUE(store_->bury(letter, "", 10).ok());
  refused();
  ASSERT_EQ(store_->prune({.events = 1}, 100)->removed, 1u);
  EXPECT_FALSE(store_->find(letter.seq).ok());
  EXPECT_EQ(store_->dead_letters({})->front().json.text, letter.json.text);
}

}  // namespace
}  // namespace bus::store
