#include "sources/github/sse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bus::github {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> read(SseReader& reader, const std::string& bytes, std::size_t step) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view part = std::string_view(bytes).substr(at, step);
    while (!part.empty()) {
      if (const auto event = reader.next(part)) out.push_back(event->event + "|" + event->data);
    }
  }
  return out;
}

// The same however the bytes come.
std::vector<std::string> read(const std::string& bytes) {
  SseReader whole(1000), single(1000);
  const auto all = read(whole, bytes, bytes.size());
  EXPECT_EQ(read(single, bytes, 1), all);
  EXPECT_EQ(whole.last_id(), single.last_id());
  return all;
}

TEST(Sse, ReadsEvents) {
  EXPECT_THAT(read("event: ready\ndata: {}\n\ndata: a\ndata:b\ndata:  c\n\n"),
              ElementsAre("ready|{}", "message|a\nb\n c"));
  EXPECT_THAT(read(": ping\n\nevent: x\n\ndata\n\n"), ElementsAre("message|"))
      << "without data there is none";
  EXPECT_THAT(read("data: unfinished\n"), IsEmpty());
  EXPECT_THAT(read("\xEF\xBB\xBF"
                   "data: a\n\nnonsense\nother: x\n\xEF\xBB\xBF"
                   "data: b\n\n"),
              ElementsAre("message|a"));
}

TEST(Sse, TakesEveryLineEnd) {
  EXPECT_THAT(read("data: a\r\rdata: b\r\n\r\ndata: c\n\r\ndata: d\r\n\n"),
              ElementsAre("message|a", "message|b", "message|c", "message|d"));
}

TEST(Sse, KeepsIdAndRetry) {
  SseReader reader(1000);
  (void)read(reader, std::string("id: 7\nid: a\0b\nretry: 250\nretry: 1s\nretry:\ndata: x\n\n", 51), 100);
  EXPECT_EQ(reader.last_id(), "7");
  EXPECT_EQ(reader.retry(), std::chrono::milliseconds(250));
  (void)read(reader, "id\n\n", 100);
  EXPECT_EQ(reader.last_id(), "");
}

TEST(Sse, IsBounded) {
  SseReader line(10);
  EXPECT_THAT(read(line, "data: 1234567\n\ndata: x\n\n", 3), IsEmpty());
  EXPECT_TRUE(line.failed());
  SseReader data(10);
  EXPECT_THAT(read(data, "data: 123\ndata: 456\ndata: 789\n\n", 100), IsEmpty());
  EXPECT_TRUE(data.failed());
  SseReader fits(10);
  EXPECT_THAT(read(fits, "data: 123\ndata: 4\n\n", 100), ElementsAre("message|123\n4"));
}

}  // namespace
}  // namespace bus::github
