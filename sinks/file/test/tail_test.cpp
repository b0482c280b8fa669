#include "sinks/file/tail.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sinks/file/test/lines.h"

namespace bus::file {
namespace {

class TailTest : public ::testing::Test {
 protected:
  Status look(const std::string& bytes, std::uint64_t acknowledged) {
    const int fd = ::memfd_create("tail", MFD_CLOEXEC);
    EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    Status status = read_tail(fd, bytes.size(), acknowledged, tail_);
    ::close(fd);
    return status;
  }
  std::uint64_t last() const { return tail_.last ? tail_.last->seq : 0; }

  Tail tail_;
};

TEST_F(TailTest, AnEmptyFileHasNoPlace) {
  EXPECT_TRUE(look("", 7).ok());
  EXPECT_EQ(tail_.size, 0u);
  EXPECT_FALSE(tail_.last);
}

TEST_F(TailTest, FindsTheLastWholeLine) {
  const std::string good = event_lines(1, 3);
  EXPECT_TRUE(look(good, 3).ok());
  EXPECT_EQ(tail_.size, good.size());
  EXPECT_EQ(last(), 3u);
  EXPECT_EQ(tail_.last->id, id_of(3));
}

TEST_F(TailTest, CutAnywhereGivesTheLastWholeLineBefore) {
  const std::string good = event_lines(1, 4);
  const std::size_t line = good.size() / 4;
  for (std::size_t cut = 1; cut <= good.size(); ++cut) {
    for (const std::uint64_t acknowledged : {0u, 1u}) {
      if (acknowledged * line > cut) continue;
      ASSERT_TRUE(look(good.substr(0, cut), acknowledged).ok()) << cut;
      EXPECT_EQ(last(), cut / line);
      EXPECT_EQ(tail_.size, cut / line * line);
    }
  }
}

TEST_F(TailTest, BytesThatWereNeverWrittenAreTornWithAllBehindThem) {
  const std::string good = event_lines(1, 2);
  const std::string hole(100, '\0');
  EXPECT_TRUE(look(good + hole, 2).ok());
  EXPECT_EQ(tail_.size, good.size());
  EXPECT_TRUE(look(good + hole + "\"}\n" + event_lines(4, 5), 2).ok());
  EXPECT_EQ(tail_.size, good.size());
  EXPECT_EQ(last(), 2u);
}

TEST_F(TailTest, WhatIsAcknowledgedIsNotJudged) {
  const std::string edited = event_line(1) + "\n# a note\n" + event_line(2) + "\n";
  EXPECT_TRUE(look(edited, 2).ok());
  EXPECT_EQ(tail_.size, edited.size());
  EXPECT_EQ(last(), 2u);
}

TEST_F(TailTest, AForeignEndIsAnError) {
  const std::string nuls(300, '\0');
  for (const std::string& bytes :
       {std::string("hello\n"), std::string("hello"), event_lines(1, 2) + "hello\n",
        event_lines(1, 2) + "hello", std::string("{\"seq\":\"1\"}\n"), std::string("{\"seq\":1}\n"),
        std::string("[]\n"), std::string("\n"), nuls, nuls + "\n"}) {
    EXPECT_EQ(look(bytes, 2).code(), Code::invalid) << bytes;
  }
}

TEST_F(TailTest, LinesLongerThanTheFirstLookAreFound) {
  const std::string good = event_line(1, 300000) + "\n" + event_line(2, 700000) + "\n";
  EXPECT_TRUE(look(good, 2).ok());
  EXPECT_EQ(last(), 2u);
  EXPECT_TRUE(look(good + event_line(3, 200000).substr(0, 150000), 1).ok());
  EXPECT_EQ(last(), 2u);
  EXPECT_EQ(tail_.size, good.size());
}

TEST_F(TailTest, LooksBackToTheAcknowledgedEvent) {
  const std::string front = event_lines(1, 1000, 500);
  const std::string hole = std::string(50, '\0') + "\n";
  EXPECT_TRUE(look(front + hole + event_lines(1001, 3000, 500), 1000).ok());
  EXPECT_EQ(last(), 1000u);
  EXPECT_EQ(tail_.size, front.size());
}

}  // namespace
}  // namespace bus::file
