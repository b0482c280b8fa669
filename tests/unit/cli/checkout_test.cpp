#include "core/cli/checkout.h"

#include <gmock/gmock.h>

namespace bus::cli {
namespace {

TEST(Checkout, RemotesAreThoseThatAreFetchedFrom) {
  const auto remotes = parse_remotes(
      "origin\tgit@github.com:me/fork.git (fetch)\norigin\tgit@github.com:me/fork.git (push)\n"
      "big one\t/srv/a b (fetch) [blob:none]\n\nnonsense\n");
  ASSERT_EQ(remotes.size(), 2u);
  EXPECT_EQ(remotes[0].name, "origin");
  EXPECT_EQ(remotes[0].url, "git@github.com:me/fork.git");
  EXPECT_EQ(remotes[1].url, "/srv/a b");
}

TEST(Checkout, AllFormsOfAnAddressAtGitHub) {
  for (const char* url :
       {"https://github.com/octo/hello.git", "https://github.com/octo/hello",
        "https://github.com/octo/hello/", "https://user:token@GitHub.com:443/octo/hello.git",
        "git@github.com:octo/hello.git", "github.com:/octo/hello", "ssh://git@github.com/octo/hello.git",
        "ssh://git@ssh.github.com:443/octo/hello", "git://github.com/octo/hello.git",
        "https://github.example/octo/hello", "git@octo.ghe.com:octo/hello"})
    EXPECT_EQ(github_repo(url, ""), "octo/hello") << url;
  EXPECT_EQ(github_repo("git@code.example:octo/hello", "code.example"), "octo/hello");
}

TEST(Checkout, AddressesElsewhere) {
  for (const char* url :
       {"", "/srv/git/octo/hello.git", "../hello", "https://gitlab.com/octo/hello.git",
        "file:///github.com/octo/x", "git@code.example:octo/hello", "https://notgithub.com/octo/hello",
        "https://github.com/octo", "https://github.com/octo/hello/more", "https://github.com",
        "https://evil.example/github.com/octo/hello", "git@evil.example:github.com/hello",
        "https://github.com@evil.example/octo/hello"})
    EXPECT_EQ(github_repo(url, ""), std::nullopt) << url;
}

TEST(Checkout, NamesOfRepositories) {
  EXPECT_TRUE(is_repo("octo/hello-World_2.x"));
  for (const char* text : {"", "octo", "/hello", "octo/", "octo/hello/x", "octo/he llo", "octo/\xc3\xa9"})
    EXPECT_FALSE(is_repo(text)) << text;
}

}  // namespace
}  // namespace bus::cli
