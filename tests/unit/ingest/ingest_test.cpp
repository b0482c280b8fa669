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
#include "tests/support/forwarding_store.h"
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
class FullStore final : public testing::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::atomic<bool> full{true};

  Result<std::vector<store::Appended>> append(std::span<store::NewEvent> events) override {
    if (full) return error(Code::unavailable, "store: the disk is full");
    return ForwardingStore::append(events);
  }
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
