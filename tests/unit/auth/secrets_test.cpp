#include "core/auth/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace bus::auth {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> values(const SecretStore& store, std::string_view name) {
  std::vector<std::string> out;
  const auto got = store.get(name);
  EXPECT_TRUE(got.ok()) << (got.ok() ? "" : got.error().message);
  if (got) {
    for (const Secret& each : *got) out.emplace_back(each.reveal());
  }
  return out;
}

void put(const std::string& path, std::string_view bytes, mode_t mode) {
  std::ofstream(path) << bytes;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

class Secrets : public ::testing::Test {
 protected:
  testing::TempFolder folder;
  SecretStore store{folder / "secrets"};
};

TEST_F(Secrets, AreKeptPrivately) {
  ASSERT_TRUE(store.set("github", Secret("one")).ok());
  EXPECT_THAT(values(store, "github"), ElementsAre("one"));
  struct stat info {};
  ASSERT_EQ(::stat((folder / "secrets/github").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((folder / "secrets").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(Secrets, Rotate) {
  ASSERT_TRUE(store.add("github", Secret("one")).ok());
  ASSERT_TRUE(store.add("github", Secret("two")).ok());
  EXPECT_THAT(values(store, "github"), ElementsAre("two", "one"));
  ASSERT_TRUE(store.set("github", Secret("three")).ok());
  EXPECT_THAT(values(store, "github"), ElementsAre("three"));
}

TEST_F(Secrets, OfSeveralLinesAreSeveral) {
  ASSERT_TRUE(store.set("a", Secret("x")).ok());
  put(folder / "secrets/a", "\none\r\n\n two \n", 0600);
  EXPECT_THAT(values(store, "a"), ElementsAre("one", " two "));
  put(folder / "secrets/a", "\n\n", 0600);
  EXPECT_EQ(store.get("a").error().code, Code::config);
}

TEST_F(Secrets, ThatOthersMayReadAreRefused) {
  ASSERT_TRUE(store.set("a", Secret("x")).ok());
  put(folder / "secrets/a", "x\n", 0640);
  EXPECT_EQ(store.get("a").error().code, Code::denied);
  EXPECT_EQ(store.add("a", Secret("y")).error().code, Code::denied);
}

TEST_F(Secrets, ThatAreLinksAreRefused) {
  ASSERT_TRUE(store.set("a", Secret("x")).ok());
  ASSERT_EQ(::symlink("a", (folder / "secrets/b").c_str()), 0);
  EXPECT_EQ(store.get("b").error().code, Code::denied);
}

TEST_F(Secrets, HaveCheckedNames) {
  for (const char* name : {"", ".x", "-x", "A", "a/b", "../a", "a b", "ä"}) {
    EXPECT_FALSE(SecretStore::valid_name(name)) << name;
    EXPECT_EQ(store.set(name, Secret("x")).error().code, Code::invalid) << name;
    EXPECT_EQ(store.get(name).error().code, Code::invalid) << name;
  }
  EXPECT_TRUE(SecretStore::valid_name("a.b_c-1"));
  EXPECT_TRUE(SecretStore::valid_name(std::string(64, 'a')));
  EXPECT_FALSE(SecretStore::valid_name(std::string(65, 'a')));
}

TEST_F(Secrets, AreOneLine) {
  EXPECT_FALSE(store.set("a", Secret("")).ok());
  EXPECT_FALSE(store.set("a", Secret("x\ny")).ok());
  EXPECT_FALSE(store.set("a", Secret(std::string("x\0y", 3))).ok());
}

TEST_F(Secrets, AreListedAndRemoved) {
  EXPECT_TRUE(store.list()->empty());
  ASSERT_TRUE(store.set("b", Secret("x")).ok());
  ASSERT_TRUE(store.set("a", Secret("x")).ok());
  put(folder / "secrets/NOT_ONE", "x", 0600);
  EXPECT_THAT(*store.list(), ElementsAre("a", "b"));
  ASSERT_TRUE(store.remove("a").ok());
  EXPECT_EQ(store.remove("a").error().code, Code::not_found);
  EXPECT_EQ(store.get("a").error().code, Code::not_found);
}

TEST_F(Secrets, OfTheServiceManagerComeFirst) {
  ASSERT_EQ(::mkdir((folder / "credentials").c_str(), 0700), 0);
  SecretStore both(folder / "secrets", folder / "credentials");
  ASSERT_TRUE(both.set("a", Secret("own")).ok());
  put(folder / "credentials/a", "given\n", 0440);
  put(folder / "credentials/b", "other\n", 0400);
  EXPECT_THAT(values(both, "a"), ElementsAre("given"));
  EXPECT_THAT(*both.list(), ElementsAre("a", "b"));
  put(folder / "credentials/a", "given\n", 0660);
  EXPECT_EQ(both.get("a").error().code, Code::denied);
}

}  // namespace
}  // namespace bus::auth
