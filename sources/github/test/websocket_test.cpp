#include "sources/github/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bus::github {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<std::uint8_t, 4> kMask = {0x37, 0xfa, 0x21, 0x3d};

std::string frame(unsigned first, const std::string& payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() < 65536) {
    out += {126, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size() & 0xFF)};
  } else {
    out += 127;
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift & 0xFF);
  }
  return out + payload;
}

struct Read {
  std::vector<std::string> messages;  // "text hello", "close 1000 bye"
  std::uint16_t failure = 0;
};

Read read(const std::string& bytes, std::size_t step, std::size_t most = 1 << 20) {
  WebSocketReader reader(most);
  Read out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view part = std::string_view(bytes).substr(at, step);
    while (!part.empty()) {
      const auto message = reader.next(part);
      if (!message) continue;
      constexpr const char* kNames[] = {"", "text", "binary", "", "", "", "", "", "close", "ping", "pong"};
      std::string text = kNames[static_cast<int>(message->kind)];
      if (message->close_code != 0) text += " " + std::to_string(message->close_code);
      if (!message->payload.empty()) text += " " + message->payload;
      out.messages.push_back(text);
    }
  }
  if (reader.failure()) out.failure = reader.failure()->code;
  return out;
}

// The same however the bytes come.
Read read(const std::string& bytes) {
  const Read whole = read(bytes, bytes.size());
  const Read single = read(bytes, 1);
  EXPECT_EQ(whole.messages, single.messages);
  EXPECT_EQ(whole.failure, single.failure);
  return whole;
}

TEST(WebSocket, ShakesHandsAsTheStandardSays) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(websocket_key({'t', 'h', 'e', ' ', 's', 'a', 'm', 'p', 'l', 'e', ' ', 'n', 'o', 'n', 'c', 'e'}),
            "dGhlIHNhbXBsZSBub25jZQ==");
}

TEST(WebSocket, MasksWhatItSends) {
  EXPECT_EQ(websocket_frame(WebSocketKind::text, "Hello", kMask),
            "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(websocket_frame(WebSocketKind::pong, "", kMask), std::string("\x8a\x80\x37\xfa\x21\x3d", 6));
  const std::string middle = websocket_frame(WebSocketKind::text, std::string(300, 'x'), kMask);
  EXPECT_EQ(middle.substr(0, 4), std::string("\x81\xfe\x01\x2c", 4));
  const std::string large = websocket_frame(WebSocketKind::binary, std::string(65536, 'x'), kMask);
  EXPECT_EQ(large.substr(0, 10), std::string("\x82\xff\0\0\0\0\0\1\0\0", 10));
  EXPECT_EQ(large.size(), 65536u + 14);
  EXPECT_EQ(websocket_close(1000, std::string(200, 'x'), kMask).size(), 125u + 6);
}

TEST(WebSocket, ReadsMessages) {
  EXPECT_THAT(read(frame(0x81, "hello") + frame(0x82, "bytes")).messages,
              ElementsAre("text hello", "binary bytes"));
  EXPECT_THAT(read(frame(0x81, "")).messages, ElementsAre("text"));
  const std::string middle(126, 'm'), large(70'000, 'l');
  EXPECT_THAT(read(frame(0x82, middle) + frame(0x82, large)).messages,
              ElementsAre("binary " + middle, "binary " + large));
}

TEST(WebSocket, PutsFragmentsTogether) {
  const std::string bytes =
      frame(0x01, "one ") + frame(0x89, "ping") + frame(0x00, "two ") + frame(0x80, "three");
  EXPECT_THAT(read(bytes).messages, ElementsAre("ping ping", "text one two three"));
}

TEST(WebSocket, EndsWithTheClose) {
  EXPECT_THAT(read(frame(0x88, "") + frame(0x81, "late")).messages, ElementsAre("close 1005"));
  EXPECT_THAT(read(frame(0x88, std::string("\x03\xe9going", 7))).messages, ElementsAre("close 1001 going"));
  EXPECT_EQ(read(frame(0x88, "\x03")).failure, 1002);
  EXPECT_EQ(read(frame(0x88, std::string("\x03\xed", 2))).failure, 1002) << "1005 is never sent";
  EXPECT_EQ(read(frame(0x88, std::string("\x03\xe8\xff", 3))).failure, 1007);
}

TEST(WebSocket, RefusesWhatIsForbidden) {
  const auto failure = [](const std::string& bytes) {
    const Read all = read(bytes + frame(0x81, "after"));
    EXPECT_THAT(all.messages, IsEmpty());
    return all.failure;
  };
  EXPECT_EQ(failure(frame(0xC1, "x")), 1002) << "a reserved bit";
  EXPECT_EQ(failure(frame(0x83, "x")), 1002) << "an unknown frame";
  EXPECT_EQ(failure(frame(0x8B, "x")), 1002) << "an unknown control frame";
  EXPECT_EQ(failure(frame(0x09, "x")), 1002) << "a ping in parts";
  EXPECT_EQ(failure(frame(0x89, std::string(126, 'x'))), 1002) << "a long ping";
  EXPECT_EQ(failure(frame(0x80, "x")), 1002) << "a fragment of nothing";
  EXPECT_EQ(failure(frame(0x01, "x") + frame(0x81, "y")), 1002) << "a message in a message";
  EXPECT_EQ(failure(std::string("\x81\x81\0\0\0\0x", 7)), 1002) << "masked";
  EXPECT_EQ(failure(std::string("\x81\x7e\0\x05hello", 9)), 1002) << "a short length in the long form";
  EXPECT_EQ(failure(std::string("\x81\x7f\0\0\0\0\0\0\xff\xff", 10)), 1002);
  EXPECT_EQ(failure(std::string("\x81\x7f\xff\0\0\0\0\0\0\0", 10)), 1002) << "beyond all lengths";
  EXPECT_EQ(failure(frame(0x81, "\xc3\x28")), 1007);
  EXPECT_EQ(failure(frame(0x01, "\xe2\x82") + frame(0x80, "x")), 1007);
}

TEST(WebSocket, TakesTextThatIsCutInACharacter) {
  EXPECT_THAT(read(frame(0x01, "\xe2\x82") + frame(0x80, "\xac \xf0\x9f\x98\x80")).messages,
              ElementsAre("text \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (const char* bad :
       {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8", "\xe0\x80\x80", "\xf0\x80\x80\x80"})
    EXPECT_EQ(read(frame(0x81, bad)).failure, 1007);
}

TEST(WebSocket, BoundsAMessage) {
  EXPECT_EQ(read(frame(0x81, "12345"), 100, 5).failure, 0);
  EXPECT_EQ(read(frame(0x81, "123456"), 100, 5).failure, 1009);
  EXPECT_EQ(read(frame(0x01, "123") + frame(0x80, "456"), 100, 5).failure, 1009);
  EXPECT_EQ(read(frame(0x89, "ping is no part of it") + frame(0x81, "12345"), 100, 5).failure, 0);
}

}  // namespace
}  // namespace bus::github
