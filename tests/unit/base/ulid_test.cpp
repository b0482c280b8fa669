#include "core/base/ulid.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace bus {
namespace {

TEST(Ulid, TextComesBackAsItWent) {
  const auto id = Ulid::parse("01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
  EXPECT_EQ(Ulid::parse("01jd3zk8qz0v6n1j6y2t4b7a9c"), id);
  EXPECT_EQ(Ulid::parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")->text(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST(Ulid, RefusesWhatIsNone) {
  EXPECT_FALSE(Ulid::parse("8ZZZZZZZZZZZZZZZZZZZZZZZZZ")) << "beyond 128 bits";
  EXPECT_FALSE(Ulid::parse("01JD3ZK8QZ0V6N1J6Y2T4B7A9"));
  EXPECT_FALSE(Ulid::parse("01JD3ZK8QZ0V6N1J6Y2T4B7A9U")) << "no such digit";
}

TEST(Ulid, OrderOfTextIsOrderOfTime) {
  UlidMaker maker;
  testing::FakeClock clock;
  Ulid last = maker.next(clock.now());
  for (int i = 0; i < 1000; ++i) {
    if (i % 3 == 0) clock.advance(milliseconds(1));
    if (i == 500) clock.jump(std::chrono::hours(-24));
    const Ulid next = maker.next(clock.now());
    EXPECT_LT(last, next);
    EXPECT_LT(last.text(), next.text());
    last = next;
  }
}

TEST(Ulid, CarriesTheTime) {
  const testing::FakeClock clock;
  UlidMaker maker;
  EXPECT_EQ(maker.next(clock.now()).milliseconds(), clock.now().us / 1000);
  EXPECT_LE(Ulid::lowest_of(clock.now()), maker.next(clock.now()));
}

}  // namespace
}  // namespace bus
