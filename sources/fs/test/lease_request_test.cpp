#include <gtest/gtest.h>

#include <string>

#include "sources/fs/leases.h"
#include "sources/fs/roots.h"
#include "tests/support/temp_folder.h"

namespace bus::fs {
namespace {

TEST(LeaseRequest, IsRead) {
  LeaseRequest request;
  const Status read = read_lease(
      R"({"pid": 12, "started": 345, "watch": {"paths": ["/a/b\\\\c", "/d\\xff"], "include": ["*.c"],
          "exclude": ["x", "!y"], "skip": ["/a/log"], "gitignore": false, "recursive": false, "while_open": true,
          "each": true, "debounce_us": 0, "max_wait_us": 7, "limit": 3}, "more": 1})",
      request);
  ASSERT_TRUE(read.ok()) << read.message();
  EXPECT_EQ(request.paths, (std::vector<std::string>{"/a/b\\c", "/d\xff"}));
  EXPECT_EQ(request.pid, 12);
  EXPECT_EQ(request.started, 345u);
  const FilterSettings& filter = request.settings.mirror.filter;
  EXPECT_EQ(filter.include, (std::vector<std::string>{"*.c"}));
  EXPECT_EQ(filter.exclude, (std::vector<std::string>{"x", "!y"}));
  EXPECT_EQ(filter.skip, (std::vector<std::string>{"/a/log"}));
  EXPECT_FALSE(filter.gitignore);
  EXPECT_FALSE(request.settings.mirror.recursive);
  EXPECT_TRUE(request.settings.while_open);
  EXPECT_TRUE(request.settings.each);
  EXPECT_EQ(request.settings.debounce_us, 0);
  EXPECT_EQ(request.settings.max_wait_us, 7);
  EXPECT_EQ(request.settings.limit, 3u);
}

TEST(LeaseRequest, NeedsOnlyPaths) {
  LeaseRequest request;
  ASSERT_TRUE(read_lease(R"({"watch": {"paths": ["/a"]}})", request).ok());
  EXPECT_TRUE(request.settings.mirror.filter.gitignore);
  EXPECT_EQ(request.pid, 0);
}

TEST(LeaseRequest, WhatIsWrongIsNamed) {
  for (const auto& [json, word] : {
           std::pair{"[1]", "object"},
           std::pair{"{}", "watch"},
           std::pair{R"({"watch": {}})", "paths"},
           std::pair{R"({"watch": {"paths": []}})", "paths"},
           std::pair{R"({"watch": {"paths": ["a"]}})", "paths"},
           std::pair{R"({"watch": {"paths": ["/\\q"]}})", "paths"},
           std::pair{R"({"watch": {"paths": ["/a\u0000b"]}})", "paths"},
           std::pair{R"({"watch": {"paths": ["/a"], "include": "x"}})", "include"},
           std::pair{R"({"watch": {"paths": ["/a"], "debounce_us": -1}})", "debounce_us"},
           std::pair{R"({"watch": {"paths": ["/a"], "limit": 1000000}})", "limit"},
           std::pair{R"({"watch": {"paths": ["/a"], "each": 1}})", "each"},
           std::pair{R"({"watch": {"paths": ["/a"]}, "pid": "x"})", "pid"},
       }) {
    LeaseRequest request;
    const Status read = read_lease(json, request);
    EXPECT_EQ(read.code(), Code::invalid) << json;
    EXPECT_NE(read.message().find(word), std::string::npos) << json << ": " << read.message();
  }
}

TEST(LeaseRequest, TheHostsOwnFoldersAreRefused) {
  for (const std::string& own : own_folders()) {
    EXPECT_EQ(check_path(own).code(), Code::invalid);
    EXPECT_EQ(check_path(own + "/x").code(), Code::invalid);
    EXPECT_TRUE(check_path(own + "x").ok());
  }
  EXPECT_EQ(check_path("relative").code(), Code::invalid);
}

TEST(Roots, FilesAreTheOnlyEntriesOfTheirFolder) {
  const testing::TempFolder folder;
  for (const char* name : {"a", "b"}) ASSERT_EQ(::fclose(::fopen((folder / name).c_str(), "w")), 0);
  const auto roots =
      roots_of({folder / "b", folder.path() + "/", folder / "later", folder / "a", folder / "b"}, {});
  ASSERT_EQ(roots.size(), 3u);
  EXPECT_EQ(roots[0].root, folder.path());
  EXPECT_TRUE(roots[0].recursive);
  EXPECT_TRUE(roots[0].filter.only.empty());
  EXPECT_EQ(roots[1].root, folder / "later");
  EXPECT_EQ(roots[2].root, folder.path());
  EXPECT_EQ(roots[2].filter.only, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(roots[2].recursive);
}

}  // namespace
}  // namespace bus::fs
