#include "core/http/answer_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::http {
namespace {

using ::testing::HasSubstr;

// What comes of these bytes, given at once or one by one: "200 body", "more" or the error.
std::string read(const std::string& bytes, bool at_once, bool no_body = false, bool ended = false) {
  AnswerReader reader(no_body, 100);
  std::string_view rest = bytes;
  for (bool complete = false; !complete;) {
    if (rest.empty() && !ended) return "more";
    if (rest.empty()) {
      const Status end = reader.end();
      if (!end) return end.error().message;
      break;
    }
    const auto fed = reader.feed(rest.substr(0, at_once ? rest.size() : 1));
    rest.remove_prefix(at_once ? rest.size() : 1);
    if (!fed) return fed.error().message;
    complete = *fed;
  }
  const ClientResponse response = reader.take();
  return std::to_string(response.status) + " " + response.body;
}
std::string read(const std::string& bytes) {
  const std::string fast = read(bytes, true), slow = read(bytes, false);
  EXPECT_EQ(fast, slow);
  return fast;
}
const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(AnswerReader, TakesEachFraming) {
  EXPECT_EQ(read(kOk + "Content-Length: 3\r\n\r\nabc"), "200 abc");
  EXPECT_EQ(read(kOk + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: x\r\n\r\n"),
            "200 abcde");
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n"), "204 ");
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"), "304 ");
  EXPECT_EQ(read("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), "200 ");
  EXPECT_EQ(read(kOk + "Content-Length: 3\r\n\r\n", true, true), "200 ");
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nabc", true, false, true), "200 abc");
}

TEST(AnswerReader, PassesInterimAnswersOver) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + kOk +
                 "Content-Length: 1\r\n\r\nx"),
            "200 x");
}

TEST(AnswerReader, ACutAnswerIsNone) {
  for (const std::string cut : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    EXPECT_THAT(read(cut, true, false, true), HasSubstr("broke off")) << cut;
    EXPECT_EQ(read(cut, true), "more");
  }
}

TEST(AnswerReader, RefusesWhatIsNoHttp) {
  for (const std::string bad :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 abc x\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    EXPECT_THAT(read(bad), HasSubstr("no HTTP/1.1")) << bad;
  }
  EXPECT_THAT(read(std::string("HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n")), HasSubstr("no HTTP/1.1"));
}

TEST(AnswerReader, IsBounded) {
  EXPECT_THAT(read(kOk + "Content-Length: 101\r\n\r\n"), HasSubstr("longer than 100"));
  EXPECT_THAT(read(kOk + "\r\n" + std::string(101, 'x')), HasSubstr("longer than 100"));
  EXPECT_THAT(read(kOk + "Transfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x')),
              HasSubstr("longer than 100"));
  EXPECT_THAT(read(kOk + "A: " + std::string(70'000, 'x'), true), HasSubstr("no end"));
  std::string many = kOk;
  for (int i = 0; i < 201; ++i) many += "A: b\r\n";
  EXPECT_THAT(read(many + "\r\n"), HasSubstr("too many headers"));
}

}  // namespace
}  // namespace bus::http
