#include "core/process/manager_message.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace bus::process {
namespace {

TEST(ManagerMessage, GreetsWithTheUserInHexadecimal) {
  EXPECT_EQ(manager_greeting(1000), std::string(1, '\0') + "AUTH EXTERNAL 31303030\r\nBEGIN\r\n");
}

TEST(ManagerMessage, ACallHasTheLengthsItClaims) {
  const std::string call = start_scope_message(7, "bus-run-x.scope", "a program", 4711);
  const auto parsed = parse_manager_message(call);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->length, call.size());
  EXPECT_EQ(parsed->reply_to, 0u);
  for (std::size_t cut = 0; cut < call.size(); ++cut)
    EXPECT_FALSE(parse_manager_message(std::string_view(call).substr(0, cut))) << cut;
  const std::uint32_t pid = 4711;
  EXPECT_NE(call.find(std::string(reinterpret_cast<const char*>(&pid), sizeof pid)), std::string::npos);
}

TEST(ManagerMessage, RubbishHasNoLength) {
  EXPECT_EQ(parse_manager_message(std::string(16, 'x'))->length, 0u);
  std::string call = start_scope_message(7, "bus-run-x.scope", "a program", 4711);
  for (std::size_t at = 16; at < 60; ++at) {
    std::string broken = call;
    broken[at] = '\xff';
    (void)parse_manager_message(broken);  // whatever it says, it stays inside
  }
  const std::uint32_t huge = 0xffffffff;
  std::memcpy(call.data() + 12, &huge, sizeof huge);
  EXPECT_EQ(parse_manager_message(call)->length, 0u);
}

}  // namespace
}  // namespace bus::process
