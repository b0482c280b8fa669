// Table: a compact map from a number that is hashed elsewhere to a 32-bit id, for the tree's two indexes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bus::fs {

// Open addressing with linear probing; 4 bytes a slot, between 3/8 and 3/4 of them taken. Keeps ids only:
// what they stand for is asked of `Hash` (uint64 of an id) and of the `same` of find(). One thread.
template <class Hash>
class Table {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit Table(Hash hash) : hash_(hash), slots_(kLeast, kNone) {}

  template <class Same>
  std::uint32_t find(std::uint64_t hash, Same same) const {
    for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
      if (slots_[i] == kNone || same(slots_[i])) return slots_[i];
    }
  }
  // REQUIRES: it is not there.
  void add(std::uint32_t id) {
    if ((count_ + 1) * 4 > slots_.size() * 3) resize(slots_.size() * 2);
    place(id);
    ++count_;
  }
  // REQUIRES: it is there.
  void remove(std::uint32_t id) {
    std::size_t hole = hash_(id) & mask();
    while (slots_[hole] != id) hole = (hole + 1) & mask();
    // What was displaced past the hole moves back into it.
    for (std::size_t i = (hole + 1) & mask(); slots_[i] != kNone; i = (i + 1) & mask()) {
      const std::size_t home = hash_(slots_[i]) & mask();
      if (((i - home) & mask()) < ((i - hole) & mask())) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole] = kNone;
    --count_;
    if (slots_.size() > kLeast && count_ * 8 < slots_.size()) resize(slots_.size() / 2);
  }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
  static constexpr std::size_t kLeast = 16;

  std::size_t mask() const { return slots_.size() - 1; }
  void place(std::uint32_t id) {
    std::size_t i = hash_(id) & mask();
    while (slots_[i] != kNone) i = (i + 1) & mask();
    slots_[i] = id;
  }
  void resize(std::size_t size) {
    std::vector<std::uint32_t> old(size, kNone);
    old.swap(slots_);
    for (const std::uint32_t id : old) {
      if (id != kNone) place(id);
    }
  }

  Hash hash_;
  std::vector<std::uint32_t> slots_;
  std::size_t count_ = 0;
};

}  // namespace bus::fs
