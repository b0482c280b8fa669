#include "core/http/response_text.h"

#include <gtest/gtest.h>

namespace bus::http {
namespace {

constexpr Time kNow{1'795'161'600'000'000};

TEST(ResponseText, IsWhole) {
  Response response;
  response.status = 202;
  response.body = "{}";
  response.headers = {{"X-A", "b"}};
  EXPECT_EQ(
      write_response(response, {}, kNow),
      "HTTP/1.1 202 Accepted\r\nDate: Fri, 20 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: 2\r\nX-A: b\r\n\r\n{}");
}

TEST(ResponseText, TakesItsShape) {
  Response response;
  response.body = "{}";
  const auto tail = [&](Shape shape) {
    const std::string text = write_response(response, shape, kNow);
    return text.substr(text.find("json") + 6);
  };
  EXPECT_EQ(tail({Shape::none}), "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(tail({Shape::chunked, true}), "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(tail({Shape::to_the_end, true}), "Connection: close\r\n\r\n");
  EXPECT_EQ(tail({Shape::whole, false, true}), "Content-Length: 2\r\nConnection: keep-alive\r\n\r\n{}");
}

TEST(ResponseText, OfNoContentHasNoBody) {
  Response response;
  response.status = 204;
  response.body = "x";
  EXPECT_EQ(write_response(response, {}, kNow),
            "HTTP/1.1 204 No Content\r\nDate: Fri, 20 Nov 2026 08:00:00 GMT\r\n\r\n");
}

TEST(ResponseText, LeavesOutHeadersThatBreakTheFraming) {
  Response response;
  response.content_type = "text/plain\r\nX-Evil: 1";
  response.headers = {
      {"A", "b\r\nX-Evil: 1"}, {"A B", "c"}, {"Content-Length", "9"}, {"transfer-encoding", "chunked"}};
  EXPECT_EQ(write_response(response, {}, kNow),
            "HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 08:00:00 GMT\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace bus::http
