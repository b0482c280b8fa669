#include "core/plugin/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using ::testing::HasSubstr;

// Programs in the place of bus, as the child of describe().
class DescribeTest : public ::testing::Test {
 protected:
  Result<std::string> by(const std::string& script, const DescribeBounds& bounds = {}) {
    EXPECT_TRUE(replace_file(program_, "#!/bin/sh\n" + script + "\n").ok());
    ::chmod(program_.c_str(), 0700);
    const auto file = pass_gate(testing::test_plugin("c_source"));
    EXPECT_TRUE(file.ok());
    return describe(*file, program_, process::system_spawner(), bounds);
  }
  testing::TempFolder folder_;
  const std::string program_ = folder_ / "program";
};

TEST_F(DescribeTest, TakesWhatTheChildSays) {
  EXPECT_EQ(*by(R"(echo '{"name":"x"}')"), "{\"name\":\"x\"}\n");
}

TEST_F(DescribeTest, TheChildHasTheVerbTheLibraryAndNothingElse) {
  EXPECT_EQ(
      *by(R"(echo "{\"verb\":\"$*\",\"home\":\"$HOME\",\"elf\":\"$(head -c 4 /proc/self/fd/3 | tail -c 3)\"}")"),
      "{\"verb\":\"plugin-describe\",\"home\":\"\",\"elf\":\"ELF\"}\n");
}

TEST_F(DescribeTest, PassesItsErrorsOn) {
  const auto said = by(R"(echo '{"error":{"code":"denied","message":"no","hint":"ask"}}')");
  ASSERT_FALSE(said.ok());
  EXPECT_EQ(said.error().code, Code::denied);
  EXPECT_THAT(said.error().message, HasSubstr("c_source.so: no"));
}

TEST_F(DescribeTest, SurvivesWhateverItDoes) {
  EXPECT_THAT(by("echo this is no JSON").error().message, HasSubstr("makes no sense"));
  EXPECT_THAT(by("echo '[]'").error().message, HasSubstr("makes no sense"));
  EXPECT_THAT(by("kill -SEGV $$").error().message, HasSubstr("SIGSEGV"));
  EXPECT_THAT(by("exit 3").error().message, HasSubstr("exit 3"));
  EXPECT_THAT(by("exec yes", {.bytes = 10'000}).error().message, HasSubstr("did not stop talking"));
  EXPECT_THAT(by("exec sleep 1000", {.time = milliseconds(100)}).error().message,
              HasSubstr("did not come back"));
}

}  // namespace
}  // namespace bus::plugin
