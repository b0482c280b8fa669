#include "core/http/answer_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/text.h"
#include "core/http/guard.h"

namespace bus::http {
namespace {

constexpr std::size_t kMaxAnswerHeaders = 200;
constexpr std::string_view kLineEnd = "\r\n";

Error no_http(const char* why) {
  return error(Code::unavailable, std::string("its answer is no HTTP/1.1: ") + why);
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

// "HTTP/1.1 200 OK"; 0 if it is not.
int status_of(std::string_view line) {
  const bool known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!known || line.size() < 12 || (line.size() > 12 && line[12] != ' ') || has_control(line)) return 0;
  int status = 0;
  const auto [end, failure] = std::from_chars(line.data() + 9, line.data() + 12, status);
  return failure == std::errc() && end == line.data() + 12 && status >= 100 && status <= 599 ? status : 0;
}

std::optional<std::uint64_t> length_of(std::string_view text) {
  std::uint64_t length = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failure] = std::from_chars(text.data(), last, length);
  if (failure != std::errc() || end != last) return std::nullopt;
  return length;
}

}  // namespace

Status AnswerReader::read_head(std::string_view head) {
  const std::size_t first = head.find(kLineEnd);
  response_.status = status_of(head.substr(0, first));
  if (response_.status == 0) return no_http("its first line");
  response_.headers.clear();
  head.remove_prefix(first + kLineEnd.size());
  while (!head.starts_with(kLineEnd)) {
    const std::size_t end = head.find(kLineEnd);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + kLineEnd.size());
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || has_control(line))
      return no_http("a header");
    if (response_.headers.size() >= kMaxAnswerHeaders) return no_http("too many headers");
    response_.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return Ok{};
}

Status AnswerReader::judge_body() {
  std::optional<std::uint64_t> length;
  bool coded = false;
  for (const auto& [name, value] : response_.headers) {
    const std::string key = lower_ascii(name);
    if (key == "transfer-encoding") {
      if (coded || lower_ascii(value) != "chunked") return no_http("a transfer coding that is not known");
      coded = true;
    } else if (key == "content-length") {
      const auto number = length_of(value);
      if (!number || (length && *length != *number)) return no_http("its length");
      length = number;
    }
  }
  const int status = response_.status;
  if (no_body_ || status == 204 || status == 304) return Ok{};
  body_ = coded ? Body::chunked : length ? Body::fixed : Body::until_end;
  if (body_ != Body::fixed) return Ok{};
  left_ = *length;
  if (left_ > max_body_)
    return error(Code::limit, "its answer is longer than " + std::to_string(max_body_) + " bytes");
  if (left_ == 0) body_ = Body::none;
  return Ok{};
}

Result<bool> AnswerReader::read_body(std::string_view bytes) {
  if (body_ == Body::none) return complete_ = true;
  if (body_ == Body::chunked) {
    // In slices, so that what is decoded stays near its bound.
    while (!bytes.empty() && chunks_.state() == ChunkDecoder::State::more &&
           response_.body.size() <= max_body_) {
      const std::string_view slice = bytes.substr(0, 16u << 10);
      chunks_.feed(slice, response_.body);
      bytes.remove_prefix(slice.size());
    }
    complete_ = chunks_.state() == ChunkDecoder::State::done;
  } else {
    const auto most = body_ == Body::fixed ? static_cast<std::size_t>(left_) : bytes.size();
    const std::string_view taken = bytes.substr(0, most);
    response_.body.append(taken);
    left_ -= body_ == Body::fixed ? taken.size() : 0;
    complete_ = body_ == Body::fixed && left_ == 0;
  }
  if (response_.body.size() > max_body_)
    return error(Code::limit, "its answer is longer than " + std::to_string(max_body_) + " bytes");
  if (chunks_.state() == ChunkDecoder::State::malformed) return no_http("its chunks");
  return complete_;
}

Result<bool> AnswerReader::feed(std::string_view bytes) {
  while (!in_body_) {
    const std::size_t seen = head_.size();
    head_.append(bytes);
    const HeadEnd end = find_head_end(head_, seen);
    if (end.state == HeadEnd::malformed) return no_http("its head");
    if (head_.size() > kMaxAnswerHead && (end.state == HeadEnd::incomplete || end.size > kMaxAnswerHead))
      return no_http("its head has no end");
    if (end.state == HeadEnd::incomplete) return false;
    if (Status read = read_head(std::string_view(head_).substr(0, end.size)); !read)
      return std::move(read).error();
    bytes = bytes.substr(end.size - seen);
    head_.clear();
    if (response_.status < 200 && response_.status != 101) {
      if (bytes.empty()) return false;
      continue;
    }
    if (Status judged = judge_body(); !judged) return std::move(judged).error();
    in_body_ = true;
  }
  return read_body(bytes);
}

Status AnswerReader::end() {
  if (complete_ || (in_body_ && body_ == Body::until_end)) return Ok{};
  return error(Code::unavailable, "broke off in the middle of its answer");
}

}  // namespace bus::http
