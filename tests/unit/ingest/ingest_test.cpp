#include "core/ingest/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::ingest {
namespace {

using testing::note;

std::vector<store::NewEvent> one(store::NewEvent event) {
  std::vector<store::NewEvent> events;
  events.push_back(std::move(event));
  return events;
}

class IngestTest : public ::testing::Test {
 protected:
  IngestTest()
      : store_(std::move(*store::open_sqlite(folder_.path(), clock_))),
        hub_(*store_, metrics_),
        ingest_(*store_, hub_, metrics_) {}

  testing::TempFolder folder_;
  testing::FakeClock clock_;
  metrics::Registry metrics_;
  std::unique_ptr<store::Store> store_;
  fanout::Hub hub_;
  Ingest ingest_;
};

TEST_F(IngestTest, AnswersAfterTheCommitInOrder) {
  auto events = one(note("a"));
  events.push_back(note("b"));
  events.push_back(note("a"));
  for (const Durability durability : {Durability::commit, Durability::disk}) {
    std::vector<store::NewEvent> again;
    for (const auto& event : events) again.push_back(event);
    const Answers answers = ingest_.append(std::move(again), durability);
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers[0]->seq, 1u);
    EXPECT_EQ(answers[1]->seq, 2u);
    EXPECT_EQ(answers[2]->kind, store::Appended::Kind::duplicate);
    EXPECT_EQ(answers[2]->seq, 1u);
  }
  EXPECT_EQ(hub_.head(), 2u);
}

TEST_F(IngestTest, TheInvalidIsAnsweredInItsPlaceAndTheRestStored) {
  auto events = one(note());
  events.push_back(note());
  events[0].event.type = "NOT A WORD";
  const Answers answers = ingest_.append(std::move(events), Durability::commit);
  ASSERT_FALSE(answers[0]);
  EXPECT_EQ(answers[0].error().code, Code::invalid);
  ASSERT_TRUE(answers[1]);
  EXPECT_EQ(answers[1]->seq, 1u);
}

TEST_F(IngestTest, DirectIsAnsweredOnTheCallersThreadWhenNobodyIsCommitting) {
  std::thread::id answered_by;
  ingest_.submit(one(note()), Durability::commit, Hand::direct, [&](const Answers& answers) {
    EXPECT_TRUE(answers.front());
    answered_by = std::this_thread::get_id();
  });
  EXPECT_EQ(answered_by, std::this_thread::get_id());
}

TEST_F(IngestTest, AfterStopEverythingIsRefused) {
  ingest_.stop();
  ingest_.stop();
  const Answers answers = ingest_.append(one(note()), Durability::disk);
  ASSERT_FALSE(answers.front());
  EXPECT_EQ(answers.front().error().code, Code::stopping);
}

TEST_F(IngestTest, ManySendersLoseAndDoubleNothingAndKeepTheirOrder) {
  constexpr int kSenders = 8;
  constexpr int kEach = 300;
  std::atomic<int> stored{0};
  std::latch answered(kSenders * kEach);
  std::vector<std::thread> senders;
  for (int s = 0; s < kSenders; ++s) {
    senders.emplace_back([&, s] {
      for (int i = 0; i < kEach; ++i) {
        auto event = note(std::to_string(s) + "/" + std::to_string(i));
        event.event.subject = std::to_string(s);
        ingest_.submit(one(std::move(event)), i % 3 == 0 ? Durability::disk : Durability::commit,
                       i % 2 == 0 ? Hand::direct : Hand::queue, [&](const Answers& answers) {
                         stored += answers.front() && answers.front()->kind == store::Appended::Kind::stored;
                         answered.count_down();
                       });
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  answered.wait();
  EXPECT_EQ(stored, kSenders * kEach);
  std::vector<int> next(kSenders);
  std::uint64_t seq = 0;
  while (seq < kSenders * kEach) {
    const auto page = store_->read(seq, 500, 1 << 20);
    for (const auto& record : page->records) {
      EXPECT_EQ(record->seq, ++seq);
      json::Document document;
      const auto event = event::decode(*document.parse(record->json.text), {});
      const int sender = std::stoi(event->subject);
      EXPECT_EQ(event->key, event->subject + "/" + std::to_string(next[static_cast<std::size_t>(sender)]++));
    }
  }
}

// A store that fails as a full disk does.
class FullStore final : public store::Store {
 public:
  explicit FullStore(store::Store& real) : real_(real) {}
  std::atomic<bool> full{true};

  Result<std::vector<store::Appended>> append(std::span<store::NewEvent> events) override {
    if (full) return error(Code::unavailable, "store: the disk is full");
    return real_.append(events);
  }
  Status make_durable() override { return real_.make_durable(); }
  Result<store::Page> read(std::uint64_t a, std::size_t b, std::size_t c) const override {
    return real_.read(a, b, c);
  }
  Result<store::Page> read_before(std::uint64_t a, std::uint64_t b, std::size_t c) const override {
    return real_.read_before(a, b, c);
  }
  Result<store::RecordPtr> find(std::uint64_t seq) const override { return real_.find(seq); }
  Result<std::uint64_t> seq_of(const Ulid& id) const override { return real_.seq_of(id); }
  Result<std::uint64_t> seq_before(Time time) const override { return real_.seq_before(time); }
  Result<std::string> raw(std::uint64_t seq) const override { return real_.raw(seq); }
  store::Bounds bounds() const override { return real_.bounds(); }
  Result<std::vector<store::TaskRow>> tasks(const store::TaskQuery& query) const override {
    return real_.tasks(query);
  }
  Result<store::Cursor> cursor(std::string_view name) const override { return real_.cursor(name); }
  Result<std::vector<store::Cursor>> cursors() const override { return real_.cursors(); }
  Status save_cursor(std::string_view name, std::uint64_t seq) override {
    return real_.save_cursor(name, seq);
  }
  Status remove_cursor(std::string_view name) override { return real_.remove_cursor(name); }
  Result<std::optional<std::string>> value(std::string_view a, std::string_view b) const override {
    return real_.value(a, b);
  }
  Status save_value(std::string_view a, std::string_view b, std::optional<std::string_view> c) override {
    return real_.save_value(a, b, c);
  }
  store::RuleBook& rule_book() override { return real_.rule_book(); }
  Result<std::uint64_t> bury(const store::DeadLetter& a, std::string_view b, std::uint64_t c) override {
    return real_.bury(a, b, c);
  }
  Result<std::vector<store::DeadLetter>> dead_letters(const store::DeadQuery& query) const override {
    return real_.dead_letters(query);
  }
  Result<std::map<std::string, std::uint64_t>> count_dead_letters() const override {
    return real_.count_dead_letters();
  }
  Status drop_dead_letter(std::uint64_t id) override { return real_.drop_dead_letter(id); }
  Result<store::Stats> stats() const override { return real_.stats(); }
  Result<store::Pruned> prune(const store::Retention& a, std::size_t b) override { return real_.prune(a, b); }
  Status shrink(std::size_t pages) override { return real_.shrink(pages); }
  Result<std::vector<std::string>> check() const override { return real_.check(); }
  Status backup(const std::string& path) const override { return real_.backup(path); }
  Result<std::string> query(std::string_view a, const store::QueryLimits& b) const override {
    return real_.query(a, b);
  }

 private:
  store::Store& real_;
};

TEST_F(IngestTest, AFullDiskIsAnErrorToTheSenderAndATroubleUntilItIsOver) {
  FullStore full(*store_);
  Ingest ingest(full, hub_, metrics_);
  Answers answers = ingest.append(one(note()), Durability::commit);
  ASSERT_FALSE(answers.front());
  EXPECT_TRUE(answers.front().error().retryable());
  EXPECT_EQ(ingest.trouble(), "store: the disk is full");
  full.full = false;
  EXPECT_TRUE(ingest.append(one(note()), Durability::commit).front());
  EXPECT_EQ(ingest.trouble(), "");
}

}  // namespace
}  // namespace bus::ingest
