#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "plugins-sdk/check/senders.h"

namespace bus::check {
namespace {

// Where senders wait for their answer.
class Line {
 public:
  // [sender] Waits until it is answered.
  Answer ask(std::size_t number) {
    Asked mine{number, {}};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&mine);
    changed_.notify_all();
    changed_.wait(lock, [&] { return mine.answer.has_value(); });
    return *mine.answer;
  }
  // [sender] Will not ask again.
  void leave(const Counts& counts) {
    const std::lock_guard lock(mutex_);
    sum_.sent += counts.sent, sum_.accepted += counts.accepted, sum_.refused += counts.refused;
    ++gone_;
    changed_.notify_all();
  }
  // Answers until all senders are gone.
  Counts serve(const std::function<Answer(std::size_t)>& handle) {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return !waiting_.empty() || gone_ == kSenders; });
      if (waiting_.empty()) return sum_;
      Asked* const next = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      const Answer answer = handle(next->number);
      lock.lock();
      next->answer = answer;
      changed_.notify_all();
    }
  }

 private:
  struct Asked {
    std::size_t number;
    std::optional<Answer> answer;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Asked*> waiting_;
  Counts sum_;
  std::size_t gone_ = 0;
};

// One sender's work.
Counts send_all(Line& line, std::size_t sender) {
  Counts counts;
  for (std::size_t i = 0; i < kEach; ++i) {
    Answer answer = Answer::not_now;
    for (int tries = 0; tries < kTries && answer == Answer::not_now; ++tries)
      answer = line.ask(sender * kEach + i);
    ++counts.sent;
    ++(answer == Answer::taken ? counts.accepted : counts.refused);
  }
  return counts;
}

}  // namespace

Counts with_senders(const std::function<Answer(std::size_t)>& handle) {
  Line line;
  std::vector<std::thread> senders;
  senders.reserve(kSenders);
  for (std::size_t sender = 0; sender < kSenders; ++sender)
    senders.emplace_back([&line, sender] { line.leave(send_all(line, sender)); });
  const Counts counts = line.serve(handle);
  for (std::thread& sender : senders) sender.join();
  return counts;
}

void expect_counts(const Findings& found, const Counts& counts, const char* what) {
  if (counts.sent == counts.accepted + counts.refused) return;
  found.fail(std::to_string(counts.sent) + " were sent, " + std::to_string(counts.accepted) +
             " accepted and " + std::to_string(counts.refused) + " refused: " + what);
}

}  // namespace bus::check
