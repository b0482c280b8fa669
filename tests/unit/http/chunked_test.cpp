#include "core/http/chunked.h"

#include <gtest/gtest.h>

namespace bus::http {
namespace {

using State = ChunkDecoder::State;

TEST(Chunks, ArePutTogetherHoweverTheyCome) {
  const std::string coded = "5\r\nhello\r\nA;x=\"y\"\r\n0123456789\r\n000\r\nTrailer: z\r\n\r\n";
  for (std::size_t cut = 0; cut <= coded.size(); ++cut) {
    ChunkDecoder decoder;
    std::string out;
    EXPECT_EQ(decoder.feed(coded.substr(0, cut), out), cut);
    EXPECT_EQ(decoder.state(), cut == coded.size() ? State::done : State::more) << cut;
    EXPECT_EQ(decoder.feed(coded.substr(cut), out), coded.size() - cut);
    EXPECT_EQ(decoder.state(), State::done);
    EXPECT_EQ(out, "hello0123456789");
  }
}

TEST(Chunks, LeaveWhatFollows) {
  ChunkDecoder decoder;
  std::string out;
  EXPECT_EQ(decoder.feed("1\r\na\r\n0\r\n\r\nGET /", out), 11u);
  EXPECT_EQ(decoder.state(), State::done);
}

TEST(Chunks, ThatAreMalformedAreRefused) {
  for (const std::string& coded :
       {std::string("x\r\n"), std::string("\r\n"), std::string(";a\r\n"), std::string("1\na"),
        std::string("1\r\nab"), std::string("1\r\na\n"), std::string("-1\r\n"), std::string("0x1\r\n"),
        std::string("123456789\r\n"), std::string("1 \r\na"), std::string("1;\n"), std::string("1;\x01\r\n"),
        std::string("0\r\nA: b\n"), "1;" + std::string(5000, 'x'), "0\r\n" + std::string(5000, 'x')}) {
    ChunkDecoder decoder;
    std::string out;
    decoder.feed(coded, out);
    EXPECT_EQ(decoder.state(), State::malformed) << coded.substr(0, 20);
  }
}

TEST(Chunks, MayBeMany) {
  ChunkDecoder decoder;
  std::string out;
  for (int i = 0; i < 5000; ++i) decoder.feed("1\r\na\r\n", out);
  EXPECT_EQ(decoder.state(), State::more);
  EXPECT_EQ(out.size(), 5000u);
}

}  // namespace
}  // namespace bus::http
