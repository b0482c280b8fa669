#include "sinks/http/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::http {
namespace {

using What = Verdict::What;
using std::chrono::seconds;
constexpr std::int64_t kNow = 1'700'000'000'000'000;  // 2023-11-14T22:13:20Z

TEST(Verdict, EveryStatusHasOne) {
  const auto what = [](int status) { return judge(status, {}, {}, kNow).what; };
  for (const int status : {200, 201, 202, 204, 299}) EXPECT_EQ(what(status), What::taken) << status;
  for (const int status : {408, 425, 429, 500, 501, 502, 503, 504, 599, 100, 700, 0})
    EXPECT_EQ(what(status), What::again) << status;
  for (const int status : {301, 302, 303, 304, 307, 308, 401, 403, 407})
    EXPECT_EQ(what(status), What::person) << status;
  for (const int status : {400, 404, 405, 409, 413, 415, 422, 451, 499})
    EXPECT_EQ(what(status), What::never) << status;
  EXPECT_EQ(what(410), What::gone);
}

TEST(Verdict, SaysWhatWasAnswered) {
  EXPECT_EQ(judge(503, "7", {}, kNow).why, "503 Service Unavailable");
  EXPECT_EQ(judge(503, "7", {}, kNow).retry_after, seconds(7));
  EXPECT_EQ(judge(400, "7", {}, kNow).retry_after, seconds(0));
  EXPECT_EQ(judge(599, {}, {}, kNow).why, "599");
  EXPECT_EQ(judge(301, {}, "https://new.example/\x1b[31m", kNow).why,
            "301 Moved Permanently to https://new.example/?[31m");
  EXPECT_EQ(judge(204, {}, {}, kNow).why, "");
}

TEST(RetryAfter, TakesSecondsAndDates) {
  EXPECT_EQ(read_retry_after("120", kNow), seconds(120));
  EXPECT_EQ(read_retry_after(" 0 ", kNow), seconds(0));
  EXPECT_EQ(read_retry_after("Tue, 14 Nov 2023 22:14:20 GMT", kNow), seconds(60));
  EXPECT_EQ(read_retry_after("Tuesday, 14-Nov-23 22:14:20 GMT", kNow), seconds(60));
  EXPECT_EQ(read_retry_after("Tue Nov 14 22:14:20 2023", kNow), seconds(60));
  EXPECT_EQ(read_retry_after("Tue, 14 Nov 2023 22:00:00 GMT", kNow), seconds(0));
}

TEST(RetryAfter, IsBounded) {
  EXPECT_EQ(read_retry_after("99999999999999999999999", kNow), seconds(86400));
  EXPECT_EQ(read_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", kNow), seconds(86400));
}

TEST(RetryAfter, AnythingElseIsNone) {
  for (const char* text : {"", " ", "-1", "1.5", "soon", "0x10", "12 s", "Tue, 14 Nov 2023 22:14:20",
                           "Tue, 14 Nov 2023 22:14:20 CET", "Tue, 14 Nov 2023 22:14:20 GMT and some more"}) {
    EXPECT_EQ(read_retry_after(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bus::http
