#include "core/http/guard.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/text.h"

namespace bus::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Refusal bad(const char* message) {
  return {400, "bad_request", message};
}

// "/path?query", or the same behind "http://authority".
std::optional<Refusal> read_target(std::string_view target, Head& head) {
  if (target.size() > kMaxTarget)
    return Refusal{414, "uri_too_long", "the request target is longer than 4096 bytes"};
  const bool visible = std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (target.empty() || !visible || target.find('#') != std::string_view::npos) {
    return bad("the request target has characters that must be encoded");
  }
  constexpr std::string_view kAbsolute = "http://";
  if (target.size() > kAbsolute.size() && lower_ascii(target.substr(0, kAbsolute.size())) == kAbsolute) {
    target.remove_prefix(kAbsolute.size());
    const std::size_t slash = target.find('/');
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (target[0] != '/' && !(target == "*" && head.method == "OPTIONS")) {
    return bad("the request target is not a path");
  }
  const std::size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
  return std::nullopt;
}

std::optional<Refusal> read_request_line(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("the request line is not \"METHOD /path HTTP/1.1\"");
  head.method = line.substr(0, first);
  if (!is_token(head.method) || head.method.size() > 32) return bad("the method is not one");
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/"))
    return bad("the request line names no HTTP version");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Refusal{505, "http_version", "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  head.minor = version.back() - '0';
  head.keep_alive = head.minor == 1;
  return read_target(line.substr(first + 1, last - first - 1), head);
}

// What the head says about framing, gathered before it is judged.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  bool chunked = false;
};

std::optional<Refusal> read_length(std::string_view value, Head& head) {
  const bool digits = std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (value.empty() || value.size() > 18 || !digits) return bad("Content-Length is not a length");
  std::from_chars(value.data(), value.data() + value.size(), head.length);
  head.body = head.length == 0 ? BodyKind::none : BodyKind::fixed;
  return std::nullopt;
}

std::optional<Refusal> note_header(std::string_view name, std::string_view value, Head& head,
                                   Framing& framing) {
  if (name == "host") {
    ++framing.hosts;
    if (value.find_first_of(" \t,/@\\") != std::string_view::npos) return bad("Host is not a host");
  } else if (name == "content-length") {
    ++framing.lengths;
    return read_length(value, head);
  } else if (name == "transfer-encoding") {
    ++framing.codings;
    framing.chunked = lower_ascii(value) == "chunked";
  } else if (name == "connection") {
    for (const std::string_view part : split(value, ',')) {
      const std::string word = lower_ascii(trim_blanks(part));
      if (word == "close") head.keep_alive = false;
      if (word == "keep-alive" && head.minor == 0) head.keep_alive = true;
    }
  } else if (name == "expect") {
    if (lower_ascii(value) != "100-continue")
      return Refusal{417, "expectation", "only 100-continue can be expected"};
    head.expects_continue = head.minor == 1;
  }
  return std::nullopt;
}

std::optional<Refusal> judge(const Framing& framing, Head& head) {
  if (framing.hosts > 1) return bad("there is more than one Host");
  if (framing.hosts == 0 && head.minor == 1) return bad("there is no Host");
  if (framing.lengths > 1) return bad("there is more than one Content-Length");
  if (framing.codings == 0) return std::nullopt;
  if (framing.lengths > 0) return bad("there is a Content-Length beside a Transfer-Encoding");
  if (head.minor == 0) return bad("HTTP/1.0 has no Transfer-Encoding");
  if (framing.codings > 1 || !framing.chunked) {
    return Refusal{501, "transfer_coding", "the only transfer coding is chunked"};
  }
  head.body = BodyKind::chunked;
  return std::nullopt;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

HeadEnd find_head_end(std::string_view bytes, std::size_t seen) {
  if (bytes.empty()) return {HeadEnd::incomplete};
  if (!is_token_char(bytes[0])) return {HeadEnd::malformed};
  for (std::size_t at = seen; (at = bytes.find('\n', at)) != std::string_view::npos; ++at) {
    if (bytes[at - 1] != '\r') return {HeadEnd::malformed};
    if (at >= 3 && bytes.substr(at - 3, 2) == kLineEnd) return {HeadEnd::complete, at + 1};
  }
  return {HeadEnd::incomplete};
}

std::variant<Head, Refusal> read_head(std::string_view block) {
  Head head;
  Framing framing;
  bool first = true;
  bool ended = false;
  while (!block.empty()) {
    const std::size_t end = block.find(kLineEnd);
    if (end == std::string_view::npos) return bad("a line has no end");
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(end + kLineEnd.size());
    if (std::exchange(first, false)) {
      if (auto refusal = read_request_line(line, head)) return *refusal;
      continue;
    }
    ended = line.empty();
    if (ended) break;
    if (line.size() > kMaxHeaderLine)
      return Refusal{431, "header_too_large", "a header is longer than 8192 bytes"};
    if (head.headers.size() == kMaxHeaders)
      return Refusal{431, "too_many_headers", "there are more than 100 headers"};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return bad("a header is not \"Name: value\"");
    const HeaderView header{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
    if (!is_value(header.value)) return bad("a header has control characters");
    if (auto refusal = note_header(lower_ascii(header.name), header.value, head, framing)) return *refusal;
    head.headers.push_back(header);
  }
  if (!ended || !block.empty()) return bad("this is not the head of a request");
  if (auto refusal = judge(framing, head)) return *refusal;
  return head;
}

}  // namespace bus::http
