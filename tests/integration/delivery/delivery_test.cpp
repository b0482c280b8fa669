// The promise of delivery, tried with random publishers, readers and accidents: each reader gets each
// matching event at least once and in order, what it has not acknowledged exactly again, and is told of what
// retention took.
//
// The seed is printed; BUS_DELIVERY_SEED=<seed> runs that one again, BUS_DELIVERY_RUNS=<n> so many random
// ones.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "core/client/connection.h"
#include "tests/integration/delivery/publishers.h"
#include "tests/integration/delivery/reader.h"
#include "tests/support/temp_folder.h"

namespace bus::integration {
namespace {

constexpr seconds kPatience{240};  // a bound for what has to happen, never a measure
constexpr unsigned kPublishers = 4;
constexpr unsigned kFactsEach = 500;
constexpr unsigned kAccidents = 6;

std::uint64_t from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

// One stack, its publishers, its readers, and what happens to them; all of it follows from the seed but for
// the threads' own timing.
class Story {
 public:
  explicit Story(std::uint64_t seed)
      : dice_(seed), forced_(dice_() % 2 == 0), stack_(folder_.path(), oracle_) {}

  void play() {
    stack_.start();
    std::vector<std::thread> publishers = start_publishers();
    std::vector<std::thread> readers = start_readers();
    for (unsigned i = 0; i < kAccidents && !::testing::Test::HasFailure(); ++i) {
      const std::uint64_t all = std::uint64_t{kPublishers} * kFactsEach;
      EXPECT_TRUE(oracle_.wait_for((i * all + dice_() % all) / kAccidents, deadline_))
          << "publishing stands still";
      accident();
    }
    for (std::thread& publisher : publishers) publisher.join();
    publish_last();
    for (std::thread& reader : readers) reader.join();
    verify();
  }

 private:
  std::vector<std::thread> start_publishers() {
    work_.reserve(kPublishers);
    std::vector<std::thread> threads;
    for (unsigned p = 0; p < kPublishers; ++p) {
      work_.push_back({stack_, oracle_, p, kFactsEach, kPublishers, dice_(), deadline_});
      threads.emplace_back(p % 2 == 0 ? publish_over_socket : publish_inside, std::cref(work_[p]));
    }
    return threads;
  }

  // Each habit at least once, with interests and moments of joining by chance.
  std::vector<std::thread> start_readers() {
    for (unsigned i = 0; i < 12; ++i) {
      Habits habits;
      habits.name = "reader" + std::to_string(i);
      habits.interest = &interests()[dice_() % interests().size()];
      habits.follower = i % 2 == 0;
      habits.acknowledges = i / 2 % 2 == 0;
      habits.hangs_up = i / 4 != 0;
      habits.dawdles = dice_() % 3 == 0;
      // Without force retention stays behind the cursors, so those are there first.
      habits.joins_after = habits.acknowledges ? 0 : dice_() % (kPublishers * kFactsEach);
      habits.facts = std::size_t{kPublishers} * kFactsEach;
      habits.seed = dice_();
      readers_.push_back(std::make_unique<Reader>(stack_, oracle_, habits, deadline_));
      cursors_ += habits.acknowledges;
      habits_.push_back(std::move(habits));
    }
    std::vector<std::thread> threads;
    for (const auto& reader : readers_) threads.emplace_back([&reader] { reader->run(); });
    return threads;
  }

  void accident() {
    switch (dice_() % 4) {
      case 0:
        return stack_.restart();
      case 1:
        return stack_.crash(dice_);
      default:
        // Only what was acknowledged: a key that retention has forgotten may be stored again.
        const std::uint64_t known = oracle_.known_until();
        const auto cursors = stack_.store().cursors();
        if (known == 0 || !cursors || (!forced_ && cursors->size() < cursors_)) return;
        stack_.remove(known - dice_() % std::min<std::uint64_t>(known, 200), forced_);
    }
  }

  void publish_last() {
    const Publishing last{stack_, oracle_, Fact::kLastPublisher, 1, 1, 1, deadline_};
    publish_inside(last);
  }

  void verify() {
    const Status log = oracle_.verify_log();
    EXPECT_TRUE(log) << log.error().message;
    EXPECT_EQ(oracle_.acknowledged(), std::size_t{kPublishers} * kFactsEach + 1);
    EXPECT_GT(stack_.lags(), 0) << "no live buffer overflowed: the test does not try what it should";
    const auto damage = stack_.store().check();
    EXPECT_TRUE(damage && damage->empty());
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      const Status right = readers_[i]->verify();
      EXPECT_TRUE(right) << describe(habits_[i]) << ": " << right.error().message;
      if (habits_[i].acknowledges && !forced_) {
        EXPECT_EQ(readers_[i]->gaps(), 0u) << describe(habits_[i]);
      }
    }
  }

  static std::string describe(const Habits& habits) {
    std::string text = habits.name + (habits.follower ? ", a follower" : ", bare frames");
    if (habits.acknowledges) text += ", with a cursor";
    if (habits.hangs_up) text += ", hangs up";
    if (habits.dawdles) text += ", dawdles";
    return text + ", '" + habits.interest->where + "'";
  }

  std::mt19937_64 dice_;
  const bool forced_;  // retention does not spare what cursors have not acknowledged
  const Mono deadline_ = system_clock().monotonic() + kPatience;
  testing::TempFolder folder_;
  Oracle oracle_;
  Stack stack_;
  std::vector<Publishing> work_;
  std::vector<Habits> habits_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::size_t cursors_ = 0;
};

void play(std::uint64_t seed) {
  std::cout << "seed " << seed << std::endl;
  SCOPED_TRACE("BUS_DELIVERY_SEED=" + std::to_string(seed));
  Story(seed).play();
}

TEST(Delivery, EveryReaderGetsWhatItWasPromised) {
  std::vector<std::uint64_t> seeds = {1, 2, 3};
  std::random_device random;
  std::uint64_t more = 1;
  if (const std::uint64_t runs = from_environment("BUS_DELIVERY_RUNS"); runs != 0) seeds.clear(), more = runs;
  if (const std::uint64_t seed = from_environment("BUS_DELIVERY_SEED"); seed != 0) seeds = {seed}, more = 0;
  for (std::uint64_t i = 0; i < more; ++i) seeds.push_back(1 + random() % 1'000'000);
  for (const std::uint64_t seed : seeds) {
    if (!HasFailure()) play(seed);
  }
}

TEST(Delivery, ALaggardIsToldOfWhatRetentionTook) {
  testing::TempFolder folder;
  Oracle oracle;
  Stack stack(folder.path(), oracle);
  stack.start();
  const Mono deadline = system_clock().monotonic() + kPatience;
  // It subscribes and does not read: what comes next is far more than every buffer on the way.
  auto connection = client::Connection::open(stack.paths().socket());
  ASSERT_TRUE(connection);
  client::Call call("subscribe");
  call.params().member("since", "start");
  ASSERT_TRUE(connection->ask(std::move(call)));
  publish_inside({stack, oracle, 0, 4'000, 1, 7, deadline});
  ASSERT_EQ(oracle.acknowledged(), 4'000u);
  stack.remove(3'900, true);
  publish_inside({stack, oracle, Fact::kLastPublisher, 1, 1, 7, deadline});

  Session session{{0}, {}};
  std::size_t gaps = 0;
  while (session.seen.empty() || session.seen.back().seq < 4'001) {
    const auto frame = connection->next(deadline);
    ASSERT_TRUE(frame && *frame);
    auto seen = seen_in((*frame)->node);
    ASSERT_TRUE(seen);
    session.seen.push_back(std::move(*seen));
    gaps += session.seen.back().kind == Seen::Kind::gap;
  }
  const Status right = oracle.verify(session, interests().front());
  EXPECT_TRUE(right) << right.error().message;
  EXPECT_EQ(gaps, 1u);
}

}  // namespace
}  // namespace bus::integration
