// How many notes a minute may bring, and which note is which task's. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace bus::notify {

// A bucket of `rate` notes that fills up again within a minute. 0: no bound.
class Pace {
 public:
  explicit Pace(std::int64_t rate) : rate_(rate), notes_(static_cast<double>(rate)) {}

  // True: one more may be shown now.
  bool take(std::int64_t now_us);
  // µs until take() is true again.
  std::int64_t wait_us(std::int64_t now_us);

 private:
  void fill(std::int64_t now_us);

  const std::int64_t rate_;
  double notes_;
  std::int64_t filled_us_ = 0;
};

// The note of each task that was shown last, for the newest of them.
class Shown {
 public:
  static constexpr std::size_t kMost = 256;

  std::uint32_t of(const std::string& task) const;  // 0: none
  void set(const std::string& task, std::uint32_t note);
  // The desktop has begun to count anew.
  void clear();

 private:
  std::map<std::string, std::uint32_t> notes_;
  std::deque<std::string> order_;
};

}  // namespace bus::notify
