#include "core/cli/wait_group.h"

#include <gmock/gmock.h>

#include "core/cli/exit_codes.h"

namespace bus::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Time at(int second) {
  return Time{} + seconds(second);
}

// The task "g", watched since second 0; groups settle after 10 seconds.
class WaitGroup : public ::testing::Test {
 protected:
  bool take(AwaitedTask& task, int second, std::string_view json) {
    return task.take(*document_.parse(json), at(second));
  }
  bool member(int second, std::string_view id, std::string_view rest) {
    return take(group_, second,
                R"({"id":")" + std::string(id) + R"(","kind":"job","parent":"g",)" + std::string(rest) + "}");
  }

  json::Document document_;
  AwaitedTask group_{"g", at(0), seconds(10)};
};

TEST_F(WaitGroup, ATaskOfItsOwnIsWhatItsReportsSay) {
  AwaitedTask task("g", at(0), std::nullopt);
  EXPECT_TRUE(take(task, 1, R"({"id":"g","kind":"run","state":"running"})"));
  EXPECT_TRUE(take(task, 2, R"({"id":"j","kind":"job","parent":"g","state":"finished","ok":false})"));
  EXPECT_FALSE(task.is_group());
  EXPECT_FALSE(task.settle(at(100)));
  EXPECT_EQ(task.due(), std::nullopt);
  take(task, 3, R"({"id":"g","kind":"run","state":"finished","ok":true})");
  EXPECT_TRUE(task.settle(at(3)));
  EXPECT_EQ(task.status(), kGood);
}

TEST_F(WaitGroup, UnknownIsAnAnswerOfATask) {
  AwaitedTask task("g", at(0), std::nullopt);
  take(task, 1, R"({"id":"g","kind":"run","state":"unknown"})");
  EXPECT_TRUE(task.settle(at(1)));
  EXPECT_EQ(task.status(), kUnknown);
  EXPECT_THAT(task.unknown(), ElementsAre("g"));
}

TEST_F(WaitGroup, WithoutMembersItIsPendingAndThenUnknown) {
  EXPECT_FALSE(group_.settle(at(9)));
  EXPECT_EQ(group_.state(), "pending");
  EXPECT_EQ(group_.due(), at(10));
  EXPECT_TRUE(group_.settle(at(10)));
  EXPECT_EQ(group_.status(), kUnknown);
}

TEST_F(WaitGroup, OkOnlyIfAllMembersAre) {
  member(1, "a", R"("state":"finished","ok":true)");
  member(2, "b", R"("state":"running")");
  EXPECT_FALSE(group_.settle(at(100)));
  EXPECT_EQ(group_.due(), std::nullopt);
  EXPECT_THAT(group_.outstanding(), HasSubstr("1 of 2 members finished"));
  member(101, "b", R"("state":"finished","ok":true)");
  EXPECT_FALSE(group_.settle(at(101)));
  EXPECT_EQ(group_.due(), at(111));
  EXPECT_TRUE(group_.settle(at(111)));
  EXPECT_EQ(group_.status(), kGood);
  EXPECT_EQ(group_.members(), 2u);
}

TEST_F(WaitGroup, AMemberThatFailedDecides) {
  member(1, "a", R"("state":"finished","ok":false)");
  member(2, "b", R"("state":"unknown")");
  EXPECT_TRUE(group_.settle(at(12)));
  EXPECT_EQ(group_.status(), kNotOk);
}

TEST_F(WaitGroup, AMemberThatNobodySeesMakesItUnknown) {
  member(1, "a", R"("state":"finished","ok":true)");
  member(2, "b", R"("state":"unknown")");
  EXPECT_TRUE(group_.settle(at(12)));
  EXPECT_EQ(group_.status(), kUnknown);
  EXPECT_THAT(group_.unknown(), ElementsAre("b"));
}

TEST_F(WaitGroup, WhatIsOldIsAnsweredAtOnce) {
  AwaitedTask group("g", at(0), std::nullopt);
  EXPECT_TRUE(take(group, -500, R"({"id":"a","parent":"g","state":"finished","ok":true})"));
  EXPECT_TRUE(group.is_group());
  EXPECT_TRUE(group.settle(at(0)));
}

TEST_F(WaitGroup, ALateMemberKeepsItOpen) {
  member(1, "a", R"("state":"finished","ok":true)");
  member(9, "b", R"("state":"pending")");
  EXPECT_FALSE(group_.settle(at(50)));
}

TEST_F(WaitGroup, LaterReportsNeedNotNameTheParentAgain) {
  member(1, "a", R"("state":"running")");
  EXPECT_TRUE(take(group_, 2, R"({"id":"a","state":"finished","ok":true})"));
  EXPECT_FALSE(take(group_, 2, R"({"id":"stranger","state":"finished","ok":true})"));
  EXPECT_TRUE(group_.settle(at(12)));
}

TEST_F(WaitGroup, AGroupThatSaysItIsFinishedIsNotWaitedFor) {
  AwaitedTask group("g", at(0), std::nullopt);
  take(group, 1, R"({"id":"a","parent":"g","state":"finished","ok":true})");
  take(group, 1, R"({"id":"g","kind":"group","state":"finished","ok":true})");
  EXPECT_TRUE(group.settle(at(1)));
  EXPECT_EQ(group.status(), kGood);
  AwaitedTask empty("g", at(0), std::nullopt);
  take(empty, 1, R"({"id":"g","kind":"group","state":"finished","ok":true})");
  EXPECT_FALSE(empty.settle(at(1)));
  EXPECT_TRUE(empty.settle(at(100)));
  EXPECT_EQ(empty.status(), kUnknown);
}

TEST(WorseStatus, NotOkIsWorstAndUnknownIsNotGood) {
  EXPECT_EQ(worse_status(kGood, kUnknown), kUnknown);
  EXPECT_EQ(worse_status(kUnknown, kNotOk), kNotOk);
  EXPECT_EQ(worse_status(kGood, kGood), kGood);
}

}  // namespace
}  // namespace bus::cli
