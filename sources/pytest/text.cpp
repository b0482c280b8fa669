#include "sources/pytest/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bus::pytest {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::string_view first_line(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  text = text.substr(0, text.find_first_of("\r\n"));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

void Excerpt::add(std::string_view piece) {
  if (head_.size() < kHead) {
    const std::string_view taken = piece.substr(0, kHead - head_.size());
    head_ += taken;
    piece.remove_prefix(taken.size());
  }
  if (piece.size() > kTail) {
    dropped_ += tail_.size() + (piece.size() - kTail);
    tail_ = piece.substr(piece.size() - kTail);
    return;
  }
  tail_ += piece;
  if (tail_.size() < 2 * kTail) return;  // so that the tail is moved seldom
  dropped_ += tail_.size() - kTail;
  tail_.erase(0, tail_.size() - kTail);
}

std::string Excerpt::text() const {
  std::string_view tail = tail_;
  std::size_t dropped = dropped_;
  if (tail.size() > kTail) {
    dropped += tail.size() - kTail;
    tail.remove_prefix(tail.size() - kTail);
  }
  if (dropped == 0) return head_ + std::string(tail);
  // What was cut may have been cut inside of a character.
  while (!tail.empty() && continues(tail[0])) {
    tail.remove_prefix(1);
    ++dropped;
  }
  std::size_t whole = head_.size();
  while (whole > 0 && continues(head_[whole - 1])) --whole;
  if (whole > 0 && static_cast<unsigned char>(head_[whole - 1]) >= 0xC0) --whole;
  std::string out = head_.substr(0, whole);
  out.append("\n[… ").append(std::to_string(dropped + head_.size() - whole)).append(" bytes left out …]\n");
  return out.append(tail);
}

std::string json_seconds(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6f", std::clamp(std::isfinite(value) ? value : 0.0, 0.0, 1e9));
  std::string_view shown = digits;
  shown = shown.substr(0, shown.find_last_not_of('0') + 1);
  if (shown.ends_with('.')) shown.remove_suffix(1);
  return std::string(shown);
}

}  // namespace bus::pytest
