#include "core/http/listen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace bus::http {
namespace {

using ::testing::HasSubstr;

TEST(Listen, SaysWhichPortIsTakenAndWhatToDo) {
  const auto first = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const std::uint16_t port = port_of(first->get());
  const auto second = listen_tcp("127.0.0.1", port);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_THAT(second.error().message, HasSubstr("127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(second.error().hint, HasSubstr("choose another port"));
}

TEST(Listen, SaysWhichAddressIsNone) {
  EXPECT_EQ(listen_tcp("256.1.1.1", 0).error().code, Code::config);
  EXPECT_EQ(listen_tcp("192.0.2.1", 0).error().code, Code::config);
}

TEST(Listen, MakesPrivateSocketsAndReplacesDeadOnes) {
  const testing::TempFolder folder;
  const std::string path = folder / "s";
  {
    const auto first = listen_unix(path);
    ASSERT_TRUE(first.ok());
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(listen_unix(path).error().code, Code::conflict);
  }
  EXPECT_TRUE(listen_unix(path).ok());
  EXPECT_EQ(listen_unix(folder / std::string(120, 'x')).error().code, Code::config);
}

}  // namespace
}  // namespace bus::http
