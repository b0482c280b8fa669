// Arena: memory for the temporaries of one evaluation, given back all at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bus::predicate {

// One thread at a time. Everything inside must be trivially destructible.
class Arena {
 public:
  // Uninitialised memory, valid until clear().
  void* allocate(std::size_t bytes);
  template <class T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(
        allocate(count * sizeof(T)));  // NOLINT(bugprone-sizeof-expression): T may be a pointer
  }
  std::string_view copy(std::string_view text);

  // Gives everything back but the first block.
  void clear();

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
};

}  // namespace bus::predicate
