#include "core/fanout/since.h"

#include <gtest/gtest.h>

#include "core/base/time_text.h"
#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::fanout {
namespace {

TEST(ResolveSince, KnowsEveryWayToNameAPlace) {
  const testing::TempFolder folder;
  testing::FakeClock clock;
  const auto store = std::move(*store::open_sqlite(folder.path(), clock));
  std::vector<Ulid> ids;
  for (int i = 0; i < 3; ++i) {
    std::vector<store::NewEvent> events;
    events.push_back(testing::note());
    ids.push_back(store->append(events)->front().id);
    clock.advance(std::chrono::minutes(10));
  }
  ASSERT_TRUE(store->save_cursor("mine", 2));
  const auto since = [&](std::string_view text) { return resolve_since(text, *store, clock); };
  EXPECT_EQ(*since("now"), 3u);
  EXPECT_EQ(*since("start"), 0u);
  EXPECT_EQ(*since("2"), 2u);
  EXPECT_EQ(*since(ids[1].text()), 2u);
  EXPECT_EQ(*since("15m"), 2u);
  EXPECT_EQ(*since("1h"), 0u);
  EXPECT_EQ(*since(format_time(clock.now() - std::chrono::minutes(25))), 1u);
  EXPECT_EQ(*since("@mine"), 2u);
  EXPECT_EQ(*since("3"), 3u);
  EXPECT_EQ(since("4").error().code, Code::not_found) << "the log was put back";
  EXPECT_EQ(since("@other").error().code, Code::not_found);
  EXPECT_EQ(since("01JD3ZK8QZ0V6N1J6Y2T4B7A9C").error().code, Code::not_found);
  for (const char* bad : {"", "yesterday", "-1", "99999999999999999999", "10 m"}) {
    EXPECT_EQ(since(bad).error().code, Code::invalid) << bad;
  }
}

}  // namespace
}  // namespace bus::fanout
