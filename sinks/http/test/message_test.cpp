#include "sinks/http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::http {
namespace {

TEST(Message, HeaderValuesAreEncodedAsTheBindingSays) {
  EXPECT_EQ(header_value("plain-text/1.0"), "plain-text/1.0");
  EXPECT_EQ(header_value("a b\"c%d"), "a%20b%22c%25d");
  EXPECT_EQ(header_value("Euro € \xf0\x9f\x98\x80"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
  EXPECT_EQ(header_value("a\r\nX: y"), "a%0D%0AX:%20y");
  EXPECT_EQ(header_value(""), "");
}

TEST(Message, FormatsHaveNames) {
  EXPECT_EQ(format_named("structured"), Format::structured);
  EXPECT_EQ(format_named("binary"), Format::binary);
  EXPECT_EQ(format_named("batch"), Format::batch);
  EXPECT_EQ(format_named("native"), Format::native);
}

}  // namespace
}  // namespace bus::http
