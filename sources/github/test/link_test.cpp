#include "sources/github/link.h"

#include <gtest/gtest.h>

namespace bus::github {
namespace {

TEST(NextLink, IsTheOneWithRelNext) {
  EXPECT_EQ(next_link(R"(<https://api.github.com/repositories/7/actions/runs?page=2>; rel="next", )"
                      R"(<https://api.github.com/repositories/7/actions/runs?page=9>; rel="last")"),
            "https://api.github.com/repositories/7/actions/runs?page=2");
  EXPECT_EQ(next_link(R"(<https://x/?page=1>; rel="prev", <https://x/?page=3>; rel="last next")"),
            "https://x/?page=3");
  EXPECT_EQ(next_link("<https://x/?a=1,2>; rel=next"), "https://x/?a=1,2");
}

TEST(NextLink, IsEmptyWhereThereIsNone) {
  for (const char* text : {"", "<", "<x", R"(<x>; rel="prev")", R"(<x>; title="next")", "x; rel=next", "<x>"})
    EXPECT_EQ(next_link(text), "") << text;
}

TEST(Origin, IsSchemeHostAndPort) {
  EXPECT_EQ(origin_of("HTTPS://Api.GitHub.com/repos"), "https://api.github.com");
  EXPECT_EQ(origin_of("http://127.0.0.1:8080/api/v3?x"), "http://127.0.0.1:8080");
  EXPECT_EQ(origin_of("/repos"), "");
  EXPECT_EQ(origin_of("https://"), "");
  EXPECT_EQ(host_of("http://127.0.0.1:8080/x"), "127.0.0.1");
  EXPECT_EQ(host_of("http://[::1]:8080/x"), "[::1]");
}

TEST(MovedBase, IsWhatStandsBeforeTheSameTail) {
  const char* api = "https://api.github.com";
  EXPECT_EQ(moved_base("https://api.github.com/repositories/7/actions/runs?per_page=30", api,
                       "/actions/runs?per_page=30"),
            "/repositories/7");
  EXPECT_EQ(moved_base("https://api.github.com/repositories/7", api, ""), "/repositories/7");
  EXPECT_EQ(moved_base("https://evil.example/repositories/7/x", api, "/x"), "");
  EXPECT_EQ(moved_base("https://api.github.com.evil/repositories/7/x", api, "/x"), "");
  EXPECT_EQ(moved_base("https://api.github.com/repositories/7/y", api, "/x"), "");
}

TEST(RepoName, IsOwnerAndRepo) {
  for (const char* good : {"octo/hello", "a/b", "Octo-Org/hello.world_2"})
    EXPECT_TRUE(is_repo_name(good)) << good;
  for (const char* bad :
       {"", "octo", "/hello", "octo/", "octo/he/llo", "octo/..", "o cto/x", "octo/x?y", "octo/x%2f"})
    EXPECT_FALSE(is_repo_name(bad)) << bad;
}

}  // namespace
}  // namespace bus::github
