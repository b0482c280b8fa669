#include "core/predicate/arena.h"

#include <algorithm>
#include <cstring>

namespace bus::predicate {

namespace {
constexpr std::size_t kFirstBlock = 4096;
constexpr std::size_t kLargestStep = 1 << 20;
}  // namespace

void* Arena::allocate(std::size_t bytes) {
  bytes = (bytes + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
  if (blocks_.empty() || blocks_.back().size - used_ < bytes) {
    const std::size_t next = blocks_.empty() ? kFirstBlock : std::min(blocks_.back().size * 2, kLargestStep);
    const std::size_t size = std::max(bytes, next);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    used_ = 0;
  }
  void* at = blocks_.back().bytes.get() + used_;
  used_ += bytes;
  return at;
}

std::string_view Arena::copy(std::string_view text) {
  char* at = array<char>(text.size());
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

void Arena::clear() {
  if (blocks_.size() > 1) blocks_.resize(1);
  // A first block that one large request made is not kept.
  if (!blocks_.empty() && blocks_[0].size > kFirstBlock) blocks_.clear();
  used_ = 0;
}

}  // namespace bus::predicate
