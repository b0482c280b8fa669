// HttpReader: reads one answer of an HTTP/1.1 server. Strict: what could be read in two ways is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace bus::docker {

// One thread. Holds a line at most: the body is handed over as it comes.
class HttpReader {
 public:
  static constexpr std::size_t kMaxLine = 8u << 10;
  static constexpr std::size_t kMaxHead = 32u << 10;

  // Gets pieces of the body, without their chunks' frames. False: no more is wanted; feed() returns then.
  using Body = std::function<bool(std::string_view piece)>;

  // False: it is no good answer; problem() says why, and it stays so.
  bool feed(std::string_view bytes, const Body& body);
  // The connection has ended. True if the answer is whole.
  bool finish();

  // 0 until the head has been read.
  int status() const { return head_done_ ? status_ : 0; }
  bool done() const { return state_ == State::done; }
  const std::string& problem() const { return problem_; }

 private:
  enum class State : std::uint8_t {
    status_line,
    header,
    fixed,  // a body whose length is known
    chunk_size,
    chunk,
    chunk_end,
    trailer,
    until_close,
    done,
    failed,
  };
  bool fail(std::string why);
  bool take_body(std::string_view& bytes, const Body& body);
  bool take_line_bytes(std::string_view& bytes);
  bool take_line(std::string_view line);
  bool take_status_line(std::string_view line);
  bool take_header(std::string_view line);
  bool take_length(std::string_view value);
  bool end_head();
  bool take_chunk_size(std::string_view line);

  State state_ = State::status_line;
  int status_ = 0;
  bool head_done_ = false, has_length_ = false, chunked_ = false;
  std::uint64_t length_ = 0;  // of the body
  std::uint64_t left_ = 0;    // of the body or the chunk
  std::size_t head_size_ = 0;
  std::string line_, problem_;
};

}  // namespace bus::docker
