#include "core/http/guard.h"

#include <gtest/gtest.h>

#include <string>

namespace bus::http {
namespace {

Head accepted(const std::string& block) {
  auto read = read_head(block);
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    ADD_FAILURE() << refusal->message;
    return {};
  }
  return std::get<Head>(read);
}

int refused(const std::string& block) {
  const auto read = read_head(block);
  const auto* refusal = std::get_if<Refusal>(&read);
  return refusal == nullptr ? 0 : refusal->status;
}

std::string with(const std::string& headers, const std::string& line = "POST /a HTTP/1.1") {
  return line + "\r\nHost: a\r\n" + headers + "\r\n";
}

TEST(Guard, ReadsARequest) {
  const std::string block =
      "POST /a/b?x=1?2 HTTP/1.1\r\nHost: a:80\r\ncontent-length: 12\r\nX-Empty:\r\nX-B: \t v w \r\n\r\n";
  const Head head = accepted(block);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.query, "x=1?2");
  EXPECT_EQ(head.body, BodyKind::fixed);
  EXPECT_EQ(head.length, 12u);
  EXPECT_TRUE(head.keep_alive);
  ASSERT_EQ(head.headers.size(), 4u);
  EXPECT_EQ(head.headers[2].value, "");
  EXPECT_EQ(head.headers[3].value, "v w");
}

TEST(Guard, ReadsTheFormsOfATarget) {
  EXPECT_EQ(accepted(with("", "GET http://b.c/x?y HTTP/1.1")).path, "/x");
  EXPECT_EQ(accepted(with("", "GET HTTP://b.c HTTP/1.1")).path, "/");
  EXPECT_EQ(accepted(with("", "OPTIONS * HTTP/1.1")).path, "*");
  for (const char* target : {"*", "b.c:80", "https://b/x", "", "/a b", "/a#b", "/\x01", "/\xc3\xa4", "\\x"}) {
    EXPECT_EQ(refused(with("", "GET " + std::string(target) + " HTTP/1.1")), 400) << target;
  }
  EXPECT_EQ(refused(with("", "GET /" + std::string(kMaxTarget, 'x') + " HTTP/1.1")), 414);
}

TEST(Guard, RefusesRequestLinesThatAreNone) {
  for (const char* line :
       {"GET /", "GET", "", " GET / HTTP/1.1", "GET / ", "GET /  HTTP/1.1", "G(T / HTTP/1.1",
        "GET / HTTP/1.1 ", "GET / http/1.1", "GET / HTTP/1", "GET\t/\tHTTP/1.1", "GET / HTTP/01.1"}) {
    EXPECT_EQ(refused(with("", line)), 400) << line;
  }
  EXPECT_EQ(refused(with("", "GET / HTTP/2.0")), 505);
  EXPECT_EQ(refused(with("", "GET / HTTP/0.9")), 505);
  EXPECT_EQ(refused(with("", std::string(33, 'A') + " / HTTP/1.1")), 400);
}

TEST(Guard, WantsOneHost) {
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refused(with("Host: b\r\n")), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(Guard, WantsOneWayToReadTheLength) {
  EXPECT_EQ(refused(with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(refused(with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")), 400);
  EXPECT_EQ(refused(with("Content-Length: 1\r\nContent-Length: 1\r\n")), 400);
  for (const char* length : {"abc", "-1", "+1", "1 1", "1,1", "0x10", "", "99999999999999999999", "1e3"}) {
    EXPECT_EQ(refused(with("Content-Length: " + std::string(length) + "\r\n")), 400) << length;
  }
  EXPECT_EQ(refused(with("Transfer-Encoding: gzip\r\n")), 501);
  EXPECT_EQ(refused(with("Transfer-Encoding: gzip, chunked\r\n")), 501);
  EXPECT_EQ(refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 501);
  EXPECT_EQ(refused(with("Transfer-Encoding:\r\n")), 501);
  EXPECT_EQ(refused(with("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0")), 400);
  EXPECT_EQ(accepted(with("Transfer-Encoding: Chunked\r\n")).body, BodyKind::chunked);
  EXPECT_EQ(accepted(with("Content-Length: 0\r\n")).body, BodyKind::none);
}

TEST(Guard, RefusesHeadersThatAreNone) {
  for (const std::string& line :
       {std::string(" folded"), std::string("\tfolded"), std::string("no colon"), std::string(": v"),
        std::string("A : v"), std::string("A\x01: v"), std::string("A: v\x01w"), std::string("A: v\0w", 6),
        std::string("A: v\rw"), std::string("A: \x7f"), std::string("(a): v")}) {
    EXPECT_EQ(refused(with("A: 1\r\n" + line + "\r\n")), 400) << line;
  }
  EXPECT_EQ(refused(with("A: \xc3\xa4\r\n")), 0);
}

TEST(Guard, BoundsTheHeaders) {
  EXPECT_EQ(refused(with("A: " + std::string(kMaxHeaderLine, 'x') + "\r\n")), 431);
  std::string many;
  for (std::size_t i = 0; i < kMaxHeaders; ++i) many += "A: 1\r\n";
  EXPECT_EQ(refused(with(many)), 431);
  EXPECT_EQ(refused(with(many.substr(6))), 0);
}

TEST(Guard, KnowsWhetherTheConnectionStays) {
  EXPECT_FALSE(accepted(with("Connection: x, Close\r\n")).keep_alive);
  EXPECT_FALSE(accepted(with("", "GET / HTTP/1.0")).keep_alive);
  EXPECT_TRUE(accepted(with("Connection: Keep-Alive\r\n", "GET / HTTP/1.0")).keep_alive);
}

TEST(Guard, KnowsWhatIsExpected) {
  EXPECT_TRUE(accepted(with("Expect: 100-Continue\r\n")).expects_continue);
  EXPECT_FALSE(accepted(with("Expect: 100-continue\r\n", "POST / HTTP/1.0")).expects_continue);
  EXPECT_EQ(refused(with("Expect: cake\r\n")), 417);
}

TEST(Guard, WantsAWholeHead) {
  for (const char* block :
       {"", "\r\n", "GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: a", "GET / HTTP/1.0\r\n", "\r\n\r\n"}) {
    EXPECT_EQ(refused(block), 400) << block;
  }
  EXPECT_EQ(refused(with("") + "more"), 400);
}

TEST(HeadEnd, IsFoundHoweverTheBytesCome) {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\n";
  const std::size_t size = bytes.find("body");
  for (std::size_t seen = 0; seen < size; ++seen) {
    EXPECT_EQ(find_head_end(std::string_view(bytes).substr(0, seen), 0).state, HeadEnd::incomplete) << seen;
    const HeadEnd end = find_head_end(bytes, seen);
    EXPECT_EQ(end.state, HeadEnd::complete) << seen;
    EXPECT_EQ(end.size, size) << seen;
  }
}

TEST(HeadEnd, IsNotWaitedForWhenItCannotCome) {
  for (const char* bytes :
       {"GET / HTTP/1.1\n", "\r\n", "\n", "GET / HTTP/1.1\r\nA: b\n\n", "\x16\x03\x01", " GET"}) {
    EXPECT_EQ(find_head_end(bytes, 0).state, HeadEnd::malformed) << bytes;
  }
}

}  // namespace
}  // namespace bus::http
