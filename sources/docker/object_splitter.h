// ObjectSplitter: from the bytes of a stream to the JSON objects in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace bus::docker {

// Objects stand one behind the other, with or without white space (or the record separator of JSON sequences)
// between them; they are told apart by their nesting. One thread. Never holds more than the bound.
class ObjectSplitter {
 public:
  using Each = std::function<void(std::string_view json)>;

  explicit ObjectSplitter(std::size_t bound) : bound_(bound) {}

  // Calls `each` for every object that `bytes` completes; the view is valid during the call. An object
  // beyond the bound is passed over and counted. False: between two objects stands something else; then
  // nothing more can be read.
  bool feed(std::string_view bytes, const Each& each);
  // The stream begins anew: half an object is forgotten.
  void reset();

  std::uint64_t too_large() const { return too_large_; }
  bool inside() const { return depth_ != 0; }

 private:
  void keep(std::string_view bytes);
  // How many bytes belong to the object that is open; it is closed when depth_ is 0 then.
  std::size_t scan(std::string_view bytes);

  const std::size_t bound_;
  std::string object_;
  std::size_t depth_ = 0;
  bool in_text_ = false, escaped_ = false, skipping_ = false, broken_ = false;
  std::uint64_t too_large_ = 0;
};

}  // namespace bus::docker
