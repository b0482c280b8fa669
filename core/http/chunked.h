// Takes the chunked transfer coding off a body. Pure; fuzzed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bus::http {

// One body. Feed it bytes until it is done or malformed.
class ChunkDecoder {
 public:
  enum class State { more, done, malformed };

  // Appends to `out` what `in` holds of the body, and says how many bytes of `in` belong to it: all, unless
  // it is done.
  std::size_t feed(std::string_view in, std::string& out);
  State state() const;

 private:
  enum class At {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_lf,
    end_lf,
    done,
    malformed
  };
  void step(char c);
  void size_char(char c);

  At at_ = At::size;
  std::uint64_t left_ = 0;     // of the chunk
  std::size_t digits_ = 0;     // of its size
  std::size_t overhead_ = 0;   // bytes of this chunk's line, or of the trailer, so far
  bool line_is_empty_ = true;  // of the trailer
};

}  // namespace bus::http
