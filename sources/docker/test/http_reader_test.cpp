#include "sources/docker/http_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace bus::docker {
namespace {

struct Read {
  bool good = true;
  bool done = false;
  int status = 0;
  std::string body, problem;
};

// Fed whole, and byte by byte: both must tell the same.
Read read(std::string_view bytes, std::size_t step) {
  HttpReader reader;
  Read out;
  while (!bytes.empty() && out.good) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    out.good = reader.feed(piece, [&](std::string_view body) {
      out.body += body;
      return true;
    });
  }
  out.done = reader.done();
  out.status = reader.status();
  out.problem = reader.problem();
  return out;
}

Read read(std::string_view bytes) {
  const Read whole = read(bytes, bytes.size());
  const Read single = read(bytes, 1);
  EXPECT_EQ(whole.good, single.good) << bytes;
  EXPECT_EQ(whole.done, single.done) << bytes;
  EXPECT_EQ(whole.body, single.body) << bytes;
  EXPECT_EQ(whole.problem, single.problem) << bytes;
  return whole;
}

TEST(HttpReader, ReadsABodyOfKnownLength) {
  const Read got = read("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX: y\r\n\r\nhello");
  EXPECT_TRUE(got.good && got.done);
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, "hello");
}

TEST(HttpReader, ReadsChunks) {
  const Read got = read(
      "HTTP/1.1 200 OK\r\ntransfer-encoding:  CHUNKED \r\n\r\n"
      "5;name=value\r\nhello\r\n00A\r\n, you over!\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_FALSE(got.good);  // 10 bytes were said, 11 came
  EXPECT_EQ(got.body, "hello, you over");
  const Read good =
      read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
  EXPECT_TRUE(good.good && good.done);
  EXPECT_EQ(good.body, "abc");
}

TEST(HttpReader, ReadsUntilTheConnectionEnds) {
  HttpReader reader;
  std::string body;
  const auto take = [&](std::string_view piece) {
    body += piece;
    return true;
  };
  EXPECT_TRUE(reader.feed("HTTP/1.0 200 OK\r\n\r\nabc", take));
  EXPECT_FALSE(reader.done());
  EXPECT_TRUE(reader.finish());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(body, "abc");
}

TEST(HttpReader, AnEndInTheMiddleIsNoEnd) {
  for (const char* half :
       {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"}) {
    HttpReader reader;
    EXPECT_TRUE(reader.feed(half, [](std::string_view) { return true; })) << half;
    EXPECT_FALSE(reader.finish()) << half;
    EXPECT_NE(reader.problem(), "") << half;
  }
}

TEST(HttpReader, InterimAnswersArePassedOver) {
  const Read got = read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(got.good && got.done);
  EXPECT_EQ(got.status, 204);
}

TEST(HttpReader, RefusesWhatCanBeReadInTwoWays) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bad : {std::string("SSH-2.0-OpenSSH\r\n"),
                                 std::string("HTTP/2 200\r\n"),
                                 std::string("HTTP/1.1 20 OK\r\n"),
                                 std::string("HTTP/1.1 200 OK\n"),
                                 std::string("HTTP/1.1 099 OK\r\n"),
                                 ok + "Content-Length: 1\r\nContent-Length: 1\r\n",
                                 ok + "Content-Length: +1\r\n",
                                 ok + "Content-Length: 1, 1\r\n",
                                 ok + "Content-Length: \r\n",
                                 ok + "Content-Length: 9999999999999999999\r\n",
                                 ok + "Transfer-Encoding: gzip\r\n",
                                 ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                 ok + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                                 ok + " folded: x\r\n",
                                 ok + "no colon\r\n",
                                 ok + ": empty\r\n",
                                 ok + "a\rb: x\r\n",
                                 ok + "sp ace: x\r\n",
                                 std::string("HTTP/1.1 101 Switching\r\n\r\n"),
                                 ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
                                 ok + "Transfer-Encoding: chunked\r\n\r\n\r\n",
                                 ok + "Transfer-Encoding: chunked\r\n\r\n111111111\r\n",
                                 ok + "Content-Length: 1\r\n\r\nab"}) {
    EXPECT_FALSE(read(bad).good) << bad;
  }
}

TEST(HttpReader, IsBounded) {
  EXPECT_FALSE(read("HTTP/1.1 200 " + std::string(HttpReader::kMaxLine, 'x'), 1000).good);
  std::string many = "HTTP/1.1 200 OK\r\n";
  while (many.size() <= HttpReader::kMaxHead) many += "Name: value\r\n";
  EXPECT_FALSE(read(many, 1000).good);
  std::string trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  while (trailers.size() <= HttpReader::kMaxHead + 100) trailers += "Name: value\r\n";
  EXPECT_FALSE(read(trailers, 1000).good);
}

TEST(HttpReader, StopsWhereNoMoreIsWanted) {
  HttpReader reader;
  int pieces = 0;
  EXPECT_TRUE(
      reader.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\nx",
                  [&](std::string_view) { return ++pieces < 1; }));
  EXPECT_EQ(pieces, 1);
}

}  // namespace
}  // namespace bus::docker
