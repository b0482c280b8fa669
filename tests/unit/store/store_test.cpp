#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/base/unique_fd.h"
#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::store {
namespace {

using ::testing::ElementsAre;
using testing::note;
using testing::report;
using Kind = Appended::Kind;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    auto store = open_sqlite(folder_.path(), clock_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }
  std::vector<Appended> add(std::vector<NewEvent> events) {
    auto appended = store_->append(events);
    EXPECT_TRUE(appended) << appended.error().message;
    return appended ? std::move(*appended) : std::vector<Appended>();
  }
  Appended add(NewEvent event) {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    return add(std::move(events)).at(0);
  }
  std::vector<std::uint64_t> seqs(std::uint64_t after = 0) {
    std::vector<std::uint64_t> out;
    const auto page = store_->read(after, 1000, 1 << 20);
    for (const RecordPtr& record : page->records) out.push_back(record->seq);
    return out;
  }

  testing::TempFolder folder_;
  testing::FakeClock clock_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, GivesSeqsWithoutGapsAndGrowingIds) {
  const Appended first = add(note());
  const Appended second = add(note());
  EXPECT_EQ(first.seq, 1u);
  EXPECT_EQ(second.seq, 2u);
  EXPECT_LT(first.id, second.id);
  EXPECT_EQ(first.record->json.text.substr(0, 9), "{\"seq\":1,");
}

TEST_F(StoreTest, ADuplicateAnswersWithTheFirstOne) {
  const Appended first = add(note("k"));
  const Appended again = add(note("k"));
  EXPECT_EQ(again.kind, Kind::duplicate);
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(again.id, first.id);
  EXPECT_FALSE(again.record);
  const auto both = add(std::vector<NewEvent>{});
  EXPECT_EQ(add(note()).seq, 2u) << "a duplicate uses up no seq";
}

TEST_F(StoreTest, DuplicatesWithinOneTransaction) {
  std::vector<NewEvent> events;
  events.push_back(note("k"));
  events.push_back(note("k"));
  const auto appended = add(std::move(events));
  EXPECT_EQ(appended[0].kind, Kind::stored);
  EXPECT_EQ(appended[1].kind, Kind::duplicate);
  EXPECT_EQ(appended[1].id, appended[0].id);
}

TEST_F(StoreTest, TheSameKeyOfAnotherSourceIsAnotherOccurrence) {
  add(note("k"));
  NewEvent other = note("k");
  other.event.source = "other";
  EXPECT_EQ(add(std::move(other)).kind, Kind::stored);
}

TEST_F(StoreTest, KeepsTheLatestStateOfATask) {
  add(report("t", event::State::running));
  const Appended done = add(report("t", event::State::finished, event::Outcome::failure));
  EXPECT_EQ(done.effect, event::Effect::moved);
  const Appended late = add(report("t", event::State::running));
  EXPECT_EQ(late.effect, event::Effect::stale);
  const auto tasks = store_->tasks({.id = "t"});
  ASSERT_TRUE(tasks);
  ASSERT_EQ(tasks->size(), 1u);
  EXPECT_EQ(tasks->front().task.state, event::State::finished);
  EXPECT_EQ(tasks->front().seq, done.seq);
}

TEST_F(StoreTest, APolledRepeatIsNotStored) {
  const Appended told = add(report("t", event::State::running));
  NewEvent polled = report("t", event::State::running);
  polled.polled = true;
  const Appended again = add(std::move(polled));
  EXPECT_EQ(again.kind, Kind::known);
  EXPECT_EQ(again.seq, told.seq);
  EXPECT_EQ(again.id, told.id);
  EXPECT_THAT(seqs(), ElementsAre(1));
}

TEST_F(StoreTest, ThePushedRepeatIsStoredAsRepeat) {
  add(report("t", event::State::running));
  const Appended again = add(report("t", event::State::running));
  EXPECT_EQ(again.kind, Kind::stored);
  EXPECT_EQ(again.effect, event::Effect::repeat);
}

TEST_F(StoreTest, GoesOnAfterItWasClosed) {
  const Appended before = add(note("k"));
  clock_.jump(std::chrono::hours(-1));
  open();
  const Appended after = add(note());
  EXPECT_EQ(after.seq, 2u);
  EXPECT_LT(before.id, after.id) << "ids grow although the clock went back";
  EXPECT_EQ(add(note("k")).kind, Kind::duplicate);
}

TEST_F(StoreTest, ReadsPagesWithinBothBounds) {
  for (int i = 0; i < 10; ++i) add(note());
  const auto three = store_->read(2, 3, 1 << 20);
  EXPECT_EQ(three->last, 5u);
  EXPECT_FALSE(three->end);
  const auto small = store_->read(0, 100, 1);
  EXPECT_EQ(small->records.size(), 1u) << "always at least one";
  const auto rest = store_->read(5, 100, 1 << 20);
  EXPECT_EQ(rest->records.size(), 5u);
  EXPECT_TRUE(rest->end);
  EXPECT_EQ(store_->read_before(11, 0, 2)->records.front()->seq, 9u);
  EXPECT_EQ(store_->read_before(4, 1, 10)->records.size(), 2u);
}

TEST_F(StoreTest, FindsBySeqAndId) {
  const Appended event = add(note("", R"({"a":1})"));
  const auto found = store_->find(event.seq);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->json.text, event.record->json.text);
  EXPECT_EQ((*found)->data(), R"({"a":1})");
  EXPECT_EQ(*store_->seq_of(event.id), event.seq);
  EXPECT_EQ(store_->find(99).error().code, Code::not_found);
  EXPECT_EQ(store_->seq_of(Ulid{}).error().code, Code::not_found);
}

TEST_F(StoreTest, FindsThePlaceOfATime) {
  add(note());
  clock_.advance(std::chrono::minutes(10));
  add(note());
  EXPECT_EQ(*store_->seq_before(clock_.now() - std::chrono::minutes(20)), 0u);
  EXPECT_EQ(*store_->seq_before(clock_.now() - std::chrono::minutes(5)), 1u);
  EXPECT_EQ(*store_->seq_before(clock_.now() + std::chrono::minutes(5)), 2u);
}

TEST_F(StoreTest, KeepsRawBytesBesideTheEvent) {
  NewEvent form = note("", R"({"a":1})");
  form.raw = "payload=%7B%22a%22%3A1%7D";
  EXPECT_EQ(*store_->raw(add(std::move(form)).seq), "payload=%7B%22a%22%3A1%7D");
  EXPECT_EQ(*store_->raw(add(note("", "[1]")).seq), "[1]");
  EXPECT_EQ(store_->raw(add(note("", "")).seq).error().code, Code::not_found);
}

TEST_F(StoreTest, CursorsNeverMoveBack) {
  EXPECT_EQ(store_->cursor("c").error().code, Code::not_found);
  EXPECT_TRUE(store_->save_cursor("c", 5));
  EXPECT_TRUE(store_->save_cursor("c", 3));
  EXPECT_EQ(store_->cursor("c")->seq, 5u);
  EXPECT_EQ(store_->cursors()->size(), 1u);
  EXPECT_TRUE(store_->remove_cursor("c"));
  EXPECT_EQ(store_->remove_cursor("c").error().code, Code::not_found);
}

TEST_F(StoreTest, KeepsValuesOfPlugins) {
  EXPECT_FALSE(*store_->value("github", "etag"));
  EXPECT_TRUE(store_->save_value("github", "etag", "W/\"1\""));
  open();
  EXPECT_EQ(*store_->value("github", "etag"), "W/\"1\"");
  EXPECT_TRUE(store_->save_value("github", "etag", std::nullopt));
  EXPECT_FALSE(*store_->value("github", "etag"));
}

TEST_F(StoreTest, FilesAreOurs) {
  add(note());
  for (const char* name : {"bus.db", "bus.db-wal", "bus.db-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((folder_ / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(StoreTest, ManyPagesAreCheckpointedBesideTheWriter) {
  const std::string data = "\"" + std::string(100'000, 'x') + "\"";
  for (int i = 0; i < 100; ++i) add(note("", data));
  EXPECT_TRUE(store_->make_durable());
  EXPECT_EQ(seqs().size(), 11u) << "1 MiB of them";
  EXPECT_EQ(store_->stats()->events, 100u);
}

TEST_F(StoreTest, PrunesInStepsByCountAndAgeAndKeepsTheNewest) {
  for (int i = 0; i < 10; ++i) {
    add(note("k" + std::to_string(i)));
    clock_.advance(std::chrono::minutes(1));
  }
  Retention retention;
  retention.events = 6;
  auto pruned = store_->prune(retention, 3);
  EXPECT_EQ(pruned->removed, 3u);
  EXPECT_TRUE(pruned->more);
  pruned = store_->prune(retention, 3);
  EXPECT_EQ(pruned->removed, 1u);
  EXPECT_FALSE(pruned->more);
  EXPECT_EQ(store_->bounds().first, 5u);
  retention = {};
  retention.age = std::chrono::seconds(1);
  EXPECT_EQ(store_->prune(retention, 100)->removed, 5u);
  EXPECT_THAT(seqs(), ElementsAre(10));
  open();
  EXPECT_EQ(add(note("k1")).seq, 11u) << "its key is forgotten, its seq is not used again";
}

TEST_F(StoreTest, NamedCursorsHoldRetentionBackUnlessForced) {
  for (int i = 0; i < 10; ++i) add(note());
  ASSERT_TRUE(store_->save_cursor("slow", 4));
  Retention retention;
  retention.events = 1;
  const auto pruned = store_->prune(retention, 100);
  EXPECT_EQ(pruned->removed, 4u);
  EXPECT_TRUE(pruned->held_back);
  retention.force = true;
  EXPECT_EQ(store_->prune(retention, 100)->removed, 5u);
}

TEST_F(StoreTest, PrunedSpaceIsGivenBack) {
  for (int i = 0; i < 200; ++i) add(note("", "\"" + std::string(50'000, 'x') + "\""));
  Retention retention;
  retention.bytes = 1 << 20;
  for (auto pruned = store_->prune(retention, 50); pruned->removed != 0;
       pruned = store_->prune(retention, 50)) {
  }
  EXPECT_GT(store_->stats()->free_bytes, 1u << 20);
  ASSERT_TRUE(store_->shrink(100'000));
  EXPECT_LT(store_->stats()->free_bytes, 1u << 20);
  EXPECT_TRUE(store_->check()->empty());
}

TEST_F(StoreTest, QueriesOnlyRead) {
  add(note("k"));
  EXPECT_EQ(*store_->query("SELECT seq, key, NULL, 0.5 FROM events", {}),
            R"({"columns":["seq","key","NULL","0.5"],"rows":[[1,"k",null,0.5]],"more":false})");
  for (const char* bad : {"DELETE FROM events", "PRAGMA user_version=9", "ATTACH 'x' AS y",
                          "SELECT 1; SELECT 2", "", "SELEC"}) {
    EXPECT_EQ(store_->query(bad, {}).error().code, Code::invalid) << bad;
  }
  QueryLimits limits;
  limits.rows = 2;
  EXPECT_THAT(
      *store_->query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n", limits),
      ::testing::HasSubstr("\"more\":true"));
  limits.time = milliseconds(20);
  EXPECT_EQ(store_
                ->query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n",
                        limits)
                .error()
                .code,
            Code::limit);
  EXPECT_EQ(add(note()).seq, 2u) << "and the connection is as it was";
}

TEST_F(StoreTest, ABackupIsAWholeStore) {
  for (int i = 0; i < 20; ++i) add(note());
  const testing::TempFolder other;
  ASSERT_TRUE(store_->backup(other / "bus.db"));
  EXPECT_EQ(store_->backup(other / "bus.db").error().code, Code::conflict);
  const auto copy = open_sqlite(other.path(), clock_);
  ASSERT_TRUE(copy);
  EXPECT_EQ((*copy)->stats()->events, 20u);
}

TEST(OpenStore, SaysWhatIsWrongWithTheFile) {
  const testing::TempFolder folder;
  testing::FakeClock clock;
  {
    const bus::UniqueFd file(::open((folder / "bus.db").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    const std::string junk(8192, 'j');
    ASSERT_EQ(::write(file.get(), junk.data(), junk.size()), static_cast<ssize_t>(junk.size()));
  }
  const auto store = open_sqlite(folder.path(), clock);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::fault);
  EXPECT_THAT(store.error().hint, ::testing::HasSubstr("damaged"));
}

}  // namespace
}  // namespace bus::store
