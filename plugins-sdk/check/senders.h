// Four threads that send, each waiting for the answer to what it has sent, and one that answers.
#pragma once

#include <cstddef>
#include <functional>

#include "plugins-sdk/check/findings.h"

namespace bus::check {

inline constexpr std::size_t kSenders = 4;
inline constexpr std::size_t kEach = 25;
inline constexpr std::size_t kSent = kSenders * kEach;
inline constexpr int kTries = 4;  // of what is not taken now; then its sender gives it up

enum class Answer { taken, not_now, never };

// As the senders have it.
struct Counts {
  std::size_t sent = 0, accepted = 0, refused = 0;
};

// Calls `handle` on this thread for each of the numbers 0 … kSent-1, in the order in which four threads send
// them, and again for one that was not taken now. `handle` throws nothing.
Counts with_senders(const std::function<Answer(std::size_t)>& handle);

// A finding unless everything that was sent was accepted or refused, once.
void expect_counts(const Findings& found, const Counts& counts, const char* what);

}  // namespace bus::check
