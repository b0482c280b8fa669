// The sink is killed at any moment, again and again, with a host whose saved place lags behind.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "sinks/file/rotation.h"
#include "sinks/file/test/sink_driver.h"
#include "tests/support/temp_folder.h"

namespace bus::file {
namespace {

// Delivers batches of growing size behind where the file says it is, until it is killed.
[[noreturn]] void deliver_for_ever(const std::string& path, std::uint64_t cursor,
                                   const char* rotate_size = "0") {
  SinkDriver sink(path);
  sink.host.set("rotate_size", rotate_size);
  sink.host.set("fsync", "off");
  if (sink.start(cursor) != BUS_OK) ::_exit(1);
  for (std::uint64_t next = sink.last_seq + 1, count = 1;; next += count, count = count % 200 + 1) {
    if (sink.deliver(next, next + count - 1) != BUS_OK) ::_exit(2);
  }
}

// Every line in full files and in the last one, in order. A file that is about to be compressed is there
// twice for a moment; nothing is compressed here.
std::vector<std::uint64_t> all_seqs(const std::string& path) {
  std::vector<std::uint64_t> all;
  for (const Rotated& one : list_rotated(path)) {
    const auto some = seqs(one.path);
    all.insert(all.end(), some.begin(), some.end());
  }
  const auto rest = seqs(path);
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

TEST(KilledSink, LosesAndDoublesNothingOverRotations) {
  const testing::TempFolder folder;
  const std::string path = folder / "events.ndjson";
  std::mt19937 random(11);
  for (int round = 0; round < 25; ++round) {
    const std::uint64_t known = all_seqs(path).size();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) deliver_for_ever(path, known - std::min<std::uint64_t>(known, random() % 100), "8192");
    const std::size_t enough = list_rotated(path).size() + random() % 20;
    while (list_rotated(path).size() < enough) {
      ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it ended by itself";
    }
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  }
  SinkDriver sink(path);
  ASSERT_EQ(sink.start(0), BUS_OK);
  const auto all = all_seqs(path);
  EXPECT_EQ(all.size(), sink.last_seq);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i + 1);
}

TEST(KilledSink, LosesAndDoublesNothing) {
  const testing::TempFolder folder;
  const std::string path = folder / "events.ndjson";
  put_contents(path, "");
  std::mt19937 random(7);
  for (int round = 0; round < 25; ++round) {
    const auto before = seqs(path);
    const std::uint64_t known = before.size();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) deliver_for_ever(path, known - std::min<std::uint64_t>(known, random() % 100));
    const std::uintmax_t enough = std::filesystem::file_size(path) + 2000 + random() % 200000;
    while (std::filesystem::file_size(path) < enough) {
      ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it ended by itself";
    }
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  }
  SinkDriver sink(path);
  ASSERT_EQ(sink.start(0), BUS_OK);
  const auto all = seqs(path);
  EXPECT_EQ(all.size(), sink.last_seq);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i + 1);
}

}  // namespace
}  // namespace bus::file
