#include "core/http/chunked.h"

#include <algorithm>

namespace bus::http {
namespace {

constexpr std::size_t kMaxDigits = 8;
constexpr std::size_t kMaxOverhead = 4096;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t';
}

}  // namespace

ChunkDecoder::State ChunkDecoder::state() const {
  if (at_ == At::done) return State::done;
  return at_ == At::malformed ? State::malformed : State::more;
}

std::size_t ChunkDecoder::feed(std::string_view in, std::string& out) {
  std::size_t used = 0;
  while (used < in.size() && state() == State::more) {
    if (at_ == At::data) {
      const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - used));
      out.append(in.substr(used, n));
      used += n;
      left_ -= n;
      if (left_ == 0) at_ = At::data_cr;
    } else {
      step(in[used++]);
    }
  }
  return used;
}

void ChunkDecoder::size_char(char c) {
  const int digit = hex_digit(c);
  if (digit >= 0 && digits_ < kMaxDigits) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    ++digits_;
  } else if (digits_ > 0 && c == '\r') {
    at_ = At::size_lf;
  } else if (digits_ > 0 && c == ';') {
    at_ = At::extension;
  } else {
    at_ = At::malformed;
  }
}

void ChunkDecoder::step(char c) {
  const auto expect = [&](char wanted, At next) { at_ = c == wanted ? next : At::malformed; };
  if (++overhead_ > kMaxOverhead) {
    at_ = At::malformed;
    return;
  }
  switch (at_) {
    case At::size:
      return size_char(c);
    case At::extension:
      if (c == '\r') {
        at_ = At::size_lf;
      } else if (is_control(c)) {
        at_ = At::malformed;
      }
      return;
    case At::size_lf:
      return expect('\n', left_ == 0 ? At::trailer : At::data);
    case At::data_cr:
      return expect('\r', At::data_lf);
    case At::data_lf:
      expect('\n', At::size);
      digits_ = overhead_ = 0;
      return;
    case At::trailer:
      if (c == '\r') {
        at_ = line_is_empty_ ? At::end_lf : At::trailer_lf;
      } else if (is_control(c)) {
        at_ = At::malformed;
      }
      line_is_empty_ = false;
      return;
    case At::trailer_lf:
      expect('\n', At::trailer);
      line_is_empty_ = true;
      return;
    case At::end_lf:
      return expect('\n', At::done);
    case At::data:
    case At::done:
    case At::malformed:
      return;
  }
}

}  // namespace bus::http
