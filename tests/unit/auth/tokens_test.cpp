#include "core/auth/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Time kNow{1'795'161'600'000'000};

class Tokens : public ::testing::Test {
 protected:
  std::string make(std::vector<Scope> scopes, std::optional<Time> expires = std::nullopt) {
    auto made = store.create("ci", std::move(scopes), expires, kNow);
    EXPECT_TRUE(made.ok());
    return made ? std::string(made->reveal()) : "";
  }
  testing::TempFolder folder;
  std::string path = folder / "state/tokens.json";
  TokenStore store{path};
};

TEST_F(Tokens, AreMadeAndChecked) {
  const std::string text = make({Scope::events_read});
  EXPECT_TRUE(text.starts_with("bus_"));
  EXPECT_EQ(text.size(), 47u);
  const auto token = store.check(text, Scope::events_read, kNow);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->name, "ci");
  EXPECT_EQ(store.check(text, Scope::events_write, kNow).error().code, Code::denied);
  EXPECT_EQ(store.check(text + "x", Scope::events_read, kNow).error().code, Code::denied);
  EXPECT_EQ(store.check("", Scope::events_read, kNow).error().code, Code::denied);
}

TEST_F(Tokens, AreKeptAsHashesInAPrivateFile) {
  const std::string text = make({Scope::events_read, Scope::events_write});
  EXPECT_THAT(*read_file(path, 10'000), Not(HasSubstr(text)));
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Tokens, Expire) {
  const std::string text = make({Scope::events_read}, kNow + seconds(10));
  EXPECT_TRUE(store.check(text, Scope::events_read, kNow + seconds(9)).ok());
  EXPECT_FALSE(store.check(text, Scope::events_read, kNow + seconds(10)).ok());
}

TEST_F(Tokens, ThatAnotherProcessMadeOrRemovedAreSeen) {
  TokenStore other(path);
  EXPECT_TRUE(other.list()->empty());
  const std::string text = make({Scope::events_read});
  EXPECT_TRUE(other.check(text, Scope::events_read, kNow).ok());
  ASSERT_TRUE(other.remove("ci").ok());
  EXPECT_FALSE(store.check(text, Scope::events_read, kNow).ok());
  EXPECT_EQ(store.remove("ci").error().code, Code::not_found);
}

TEST_F(Tokens, HaveOneNameEachAndAScope) {
  make({Scope::events_read});
  EXPECT_EQ(store.create("ci", {Scope::events_read}, std::nullopt, kNow).error().code, Code::conflict);
  EXPECT_EQ(store.create("x", {}, std::nullopt, kNow).error().code, Code::invalid);
  EXPECT_EQ(store.create("../x", {Scope::events_read}, std::nullopt, kNow).error().code, Code::invalid);
}

TEST_F(Tokens, OfAFileThatIsMalformedLetNobodyIn) {
  const std::string text = make({Scope::events_read});
  const std::string good = *read_file(path, 10'000);
  for (const auto& [what, by] :
       {std::pair{"events:read", "events:all"}, {"\"ci\"", "\"C/I\""}, {"T", "x"}, {"]", ""}}) {
    std::string bad = good;
    bad.replace(bad.rfind(what), std::string_view(what).size(), by);
    ASSERT_TRUE(replace_file(path, bad).ok());
    EXPECT_FALSE(store.check(text, Scope::events_read, kNow).ok()) << bad;
  }
  ASSERT_TRUE(replace_file(path, good).ok());
  EXPECT_TRUE(store.check(text, Scope::events_read, kNow).ok());
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(store.list().error().code, Code::denied);
}

TEST(Scope, HasNamesThatReadBack) {
  EXPECT_EQ(scope_named(name(Scope::events_write)), Scope::events_write);
  EXPECT_EQ(scope_named("all"), std::nullopt);
}

}  // namespace
}  // namespace bus::auth
