#include "sources/docker/http_reader.h"

#include <algorithm>
#include <utility>

namespace bus::docker {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(),
                    [](char x, char y) { return lower(x) == y; });
}

bool is_name_char(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const char l = lower(c);
  return is_digit(c) || (l >= 'a' && l <= 'z') || kOthers.find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// -1: no hex digit.
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

bool HttpReader::fail(std::string why) {
  state_ = State::failed;
  problem_ = std::move(why);
  return false;
}

bool HttpReader::feed(std::string_view bytes, const Body& body) {
  bool wanted = true;
  while (!bytes.empty() && wanted) {
    switch (state_) {
      case State::failed:
        return false;
      case State::done:
        return fail("there are bytes behind the end of the answer");
      case State::fixed:
      case State::chunk:
      case State::until_close:
        wanted = take_body(bytes, body);
        break;
      default:
        if (!take_line_bytes(bytes)) return false;
    }
  }
  return state_ != State::failed;
}

bool HttpReader::finish() {
  if (state_ == State::until_close) state_ = State::done;
  if (state_ == State::done) return true;
  if (state_ != State::failed) fail("the connection ended in the middle of the answer");
  return false;
}

bool HttpReader::take_body(std::string_view& bytes, const Body& body) {
  std::string_view piece = bytes;
  if (state_ != State::until_close) {
    piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    left_ -= piece.size();
    if (left_ == 0) state_ = state_ == State::fixed ? State::done : State::chunk_end;
  }
  bytes.remove_prefix(piece.size());
  return body(piece);
}

// Up to the end of a line, which must be CR LF.
bool HttpReader::take_line_bytes(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view part = bytes.substr(0, end);
  if (line_.size() + part.size() > kMaxLine) return fail("a line of the answer is too long");
  line_ += part;
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos) return true;
  if (line_.empty() || line_.back() != '\r') return fail("a line of the answer does not end with CR LF");
  line_.pop_back();
  if (line_.find_first_of(std::string_view("\r\0", 2)) != std::string::npos)
    return fail("a line of the answer has a CR or NUL inside");
  const std::string line = std::exchange(line_, {});
  return take_line(line);
}

bool HttpReader::take_line(std::string_view line) {
  switch (state_) {
    case State::status_line:
      return take_status_line(line);
    case State::header:
    case State::trailer:
      head_size_ += line.size() + 2;
      if (head_size_ > kMaxHead) return fail("the head of the answer is too long");
      if (!line.empty()) return take_header(line);
      if (state_ == State::header) return end_head();
      state_ = State::done;
      return true;
    case State::chunk_size:
      return take_chunk_size(line);
    default:  // chunk_end
      if (!line.empty()) return fail("a chunk is longer than it says");
      state_ = State::chunk_size;
      return true;
  }
}

bool HttpReader::take_status_line(std::string_view line) {
  const bool version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  const bool good = version && line.size() >= 12 && is_digit(line[9]) && is_digit(line[10]) &&
                    is_digit(line[11]) && (line.size() == 12 || line[12] == ' ');
  if (!good) return fail("this is no answer of an HTTP/1.1 server");
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status_ < 100) return fail("the answer has no good status");
  head_size_ += line.size() + 2;
  state_ = State::header;
  return true;
}

bool HttpReader::take_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() || !std::all_of(name.begin(), name.end(), is_name_char))
    return fail("a header of the answer is malformed");
  if (state_ == State::trailer) return true;
  const std::string_view value = trim(line.substr(colon + 1));
  if (same_word(name, "content-length")) return take_length(value);
  if (same_word(name, "transfer-encoding")) {
    if (chunked_ || !same_word(value, "chunked")) return fail("the answer has an unknown Transfer-Encoding");
    chunked_ = true;
  }
  return true;
}

bool HttpReader::take_length(std::string_view value) {
  if (has_length_ || value.empty() || value.size() > 18 || !std::all_of(value.begin(), value.end(), is_digit))
    return fail("the answer has no good Content-Length");
  has_length_ = true;
  length_ = 0;
  for (const char c : value) length_ = length_ * 10 + static_cast<std::uint64_t>(c - '0');
  return true;
}

bool HttpReader::end_head() {
  if (chunked_ && has_length_) return fail("the answer has two lengths");
  if (status_ < 200) {  // an interim answer: the real one follows
    if (status_ == 101 || chunked_ || has_length_) return fail("the answer has no good status");
    state_ = State::status_line;
    return true;
  }
  head_done_ = true;
  left_ = length_;
  if (status_ == 204 || status_ == 304 || (has_length_ && length_ == 0)) {
    state_ = State::done;
  } else {
    state_ = chunked_ ? State::chunk_size : has_length_ ? State::fixed : State::until_close;
  }
  return true;
}

bool HttpReader::take_chunk_size(std::string_view line) {
  constexpr std::size_t kMaxDigits = 8;
  const std::string_view size = trim(line.substr(0, line.find(';')));
  if (size.empty() || size.size() > kMaxDigits) return fail("a chunk has no good size");
  left_ = 0;
  for (const char c : size) {
    const int digit = hex_value(c);
    if (digit < 0) return fail("a chunk has no good size");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  }
  state_ = left_ == 0 ? State::trailer : State::chunk;
  return true;
}

}  // namespace bus::docker
