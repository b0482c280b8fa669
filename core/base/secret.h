// Secret: text that cannot be printed, logged or compared by accident, and is wiped when it goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace bus {
inline namespace base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) wipe(), text_ = other.text_;
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) wipe(), text_ = std::move(other.text_), other.wipe();
    return *this;
  }
  ~Secret() { wipe(); }

  bool empty() const { return text_.empty(); }
  // The bytes themselves, for the one place that computes with them. Valid while this lives.
  std::string_view reveal() const { return text_; }

  friend bool operator==(const Secret&, const Secret&) = delete;

 private:
  void wipe() noexcept;
  std::string text_;
};

}  // namespace base
}  // namespace bus
