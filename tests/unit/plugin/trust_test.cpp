#include "core/plugin/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/base/file.h"
#include "core/plugin/reserved_names.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A key of nobody here: what it has signed is not among these files.
constexpr const char* kKey = "RWTKD0i1gvsAz1XlQ3IM7fHvJJND+wUcp1qMSE/wmXY69wpoXqe0VZ/w";

class TrustTest : public ::testing::Test {
 protected:
  TrustTest() {
    std::filesystem::copy_file(testing::test_plugin("c_source"), path_);
    ::chmod(path_.c_str(), 0644);
  }
  Result<std::string> judged() {
    const auto file = pass_gate(path_);
    EXPECT_TRUE(file.ok());
    return judge(store_, *file);
  }
  Pin pin(std::string sha256, std::string key = {}) {
    return {"c_source", path_, "1.0", std::move(sha256), std::move(key), Time{1'000'000}};
  }

  testing::TempFolder folder_;
  const std::string path_ = folder_ / "c_source.so";
  const std::string file_ = folder_ / "config/trust.json";
  TrustStore store_{file_};
};

TEST_F(TrustTest, NothingIsTrustedAtFirst) {
  EXPECT_THAT(*store_.list(), IsEmpty());
  const auto why = judged();
  ASSERT_FALSE(why.ok());
  EXPECT_EQ(why.error().code, Code::denied);
  EXPECT_EQ(why.error().hint, "bus plugins trust " + path_);
}

TEST_F(TrustTest, APinHoldsForItsBytes) {
  testing::trust(file_, path_);
  EXPECT_EQ(*judged(), "pinned");
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  const std::string before = store_.list()->front().sha256;
  auto bytes = read_file(path_, 64u << 20);
  ASSERT_TRUE(replace_file(path_, *bytes + "x").ok());
  const auto why = judged();
  ASSERT_FALSE(why.ok());
  EXPECT_THAT(why.error().message, HasSubstr("has changed since it was trusted (" + before + ", now "));
  EXPECT_THAT(why.error().hint, HasSubstr("bus plugins trust"));
}

TEST_F(TrustTest, OneDecisionForEachPath) {
  ASSERT_TRUE(store_.add(pin(std::string(64, 'a'))).ok());
  ASSERT_TRUE(store_.add(pin(std::string(64, 'b'))).ok());
  ASSERT_THAT(*store_.list(), SizeIs(1));
  EXPECT_EQ(store_.list()->front().sha256, std::string(64, 'b'));
  EXPECT_EQ(store_.list()->front().since, Time{1'000'000});
}

TEST_F(TrustTest, IsTakenBackByNamePathOrDigest) {
  for (const std::string& what : {std::string("c_source"), path_, std::string(64, 'a')}) {
    ASSERT_TRUE(store_.add(pin(std::string(64, 'a'))).ok());
    EXPECT_THAT(*store_.remove(what), SizeIs(1)) << what;
    EXPECT_THAT(*store_.list(), IsEmpty());
    EXPECT_EQ(store_.remove(what).error().code, Code::not_found);
  }
}

TEST_F(TrustTest, AKeyNeedsItsSignature) {
  ASSERT_TRUE(store_.add(pin({}, kKey)).ok());
  EXPECT_THAT(judged().error().message, HasSubstr("c_source.so.minisig"));
  ASSERT_TRUE(replace_file(path_ + ".minisig", "no signature\n").ok());
  EXPECT_THAT(judged().error().message, HasSubstr("is no signature of minisign"));
}

TEST_F(TrustTest, AFileThatOthersCouldHaveWrittenCountsForNothing) {
  testing::trust(file_, path_);
  ::chmod(file_.c_str(), 0666);
  EXPECT_EQ(judged().error().code, Code::denied);
  ::chmod(file_.c_str(), 0600);
  EXPECT_TRUE(judged().ok());
}

TEST_F(TrustTest, AMalformedFileTrustsNobody) {
  testing::trust(file_, path_);
  const auto good = read_file(file_, 1 << 20);
  for (const std::string& bad :
       {std::string("{"), std::string("{}"), std::string(R"({"plugins":[{"name":"x"}]})"),
        good->substr(0, good->size() / 2)}) {
    ASSERT_TRUE(replace_file(file_, bad).ok());
    EXPECT_EQ(judged().error().code, Code::config) << bad;
    EXPECT_FALSE(store_.add(pin(std::string(64, 'a'))).ok()) << "and is not written over";
  }
}

TEST_F(TrustTest, NamesOfBusAreReserved) {
  EXPECT_TRUE(is_reserved_name("cli"));
  EXPECT_TRUE(is_reserved_name("bus"));
  EXPECT_TRUE(is_reserved_name("on"));
  EXPECT_FALSE(is_reserved_name("hello"));
}

}  // namespace
}  // namespace bus::plugin
