#include "sources/fs/tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace bus::fs {
namespace {

std::string path_of(const Tree& tree, NodeId node) {
  std::string path;
  return tree.path(node, path) ? path : "(detached)";
}

TEST(Tree, KnowsWhatIsWhere) {
  Tree tree;
  const NodeId a = tree.add(kRoot, "a", Type::folder);
  const NodeId x = tree.add(a, "x", Type::file);
  EXPECT_EQ(tree.find(kRoot, "a"), a);
  EXPECT_EQ(tree.find(a, "x"), x);
  EXPECT_EQ(tree.find(kRoot, "x"), kNoNode);
  EXPECT_EQ(path_of(tree, x), "a/x");
  EXPECT_EQ(path_of(tree, kRoot), "");
  EXPECT_EQ(tree.type(x), Type::file);
  EXPECT_TRUE(tree.below(x, a));
  EXPECT_TRUE(tree.below(x, kRoot));
  EXPECT_FALSE(tree.below(a, x));
  EXPECT_EQ(tree.size(), 3u);
  EXPECT_EQ(tree.folders(), 2u);
}

TEST(Tree, WhatIsDetachedKeepsWhatIsBelowIt) {
  Tree tree;
  const NodeId a = tree.add(kRoot, "a", Type::folder);
  const NodeId b = tree.add(kRoot, "b", Type::folder);
  const NodeId x = tree.add(a, "x", Type::file);
  tree.detach(a);
  EXPECT_EQ(path_of(tree, x), "(detached)");
  EXPECT_EQ(tree.find(kRoot, "a"), kNoNode);
  tree.attach(a, b, "c");
  EXPECT_EQ(path_of(tree, x), "b/c/x");
  EXPECT_EQ(tree.find(b, "c"), a);
}

TEST(Tree, APlaceThatIsUsedAgainHasAnotherSerial) {
  Tree tree;
  const NodeId a = tree.add(kRoot, "a", Type::folder);
  const std::uint32_t serial = tree.folder(a).serial;
  tree.remove(a);
  const NodeId b = tree.add(kRoot, "b", Type::folder);
  EXPECT_EQ(a, b);
  EXPECT_NE(tree.folder(b).serial, serial);
}

TEST(Tree, PrintsAndFlagsStayWithTheNode) {
  Tree tree;
  const NodeId x = tree.add(kRoot, "x", Type::file);
  tree.set_print(x, 0x0123456789abcdefu);
  tree.set_fresh(x, true);
  tree.set_marked(x, true);
  tree.detach(x);
  tree.attach(x, kRoot, "y");
  EXPECT_EQ(tree.print(x), 0x0123456789abcdefu);
  EXPECT_TRUE(tree.fresh(x));
  EXPECT_TRUE(tree.marked(x));
  EXPECT_EQ(tree.type(x), Type::file);
}

// Against a map, with names that come and go so that names are compacted and places used again.
TEST(Tree, RandomWorkAgreesWithAMap) {
  std::mt19937 random(7);
  Tree tree;
  std::vector<NodeId> folders = {kRoot};
  for (int i = 0; i < 20; ++i) {
    folders.push_back(
        tree.add(folders[random() % folders.size()], "folder" + std::to_string(i), Type::folder));
  }
  std::map<std::pair<NodeId, std::string>, NodeId> files;
  for (int i = 0; i < 200'000; ++i) {
    const NodeId folder = folders[random() % folders.size()];
    const std::string name = "a-name-of-some-length-" + std::to_string(random() % 500);
    const auto found = files.find({folder, name});
    ASSERT_EQ(tree.find(folder, name), found == files.end() ? kNoNode : found->second);
    if (found == files.end()) {
      files[{folder, name}] = tree.add(folder, name, Type::file);
    } else if (random() % 3 == 0) {
      const NodeId node = found->second;
      files.erase(found);
      tree.detach(node);
      if (tree.find(folders[0], "moved-" + name) == kNoNode) {
        tree.attach(node, folders[0], "moved-" + name);
        files[{folders[0], "moved-" + name}] = node;
      } else {
        tree.remove(node);
      }
    } else {
      tree.remove(found->second);
      files.erase(found);
    }
  }
  EXPECT_EQ(tree.size(), files.size() + folders.size());
  for (const auto& [place, node] : files) {
    ASSERT_EQ(tree.name(node), place.second);
    ASSERT_EQ(tree.parent(node), place.first);
  }
}

TEST(Tree, IsSmall) {
  Tree tree;
  for (int f = 0; f < 500; ++f) {
    const NodeId folder = tree.add(kRoot, "folder-" + std::to_string(f), Type::folder);
    for (int i = 0; i < 100; ++i) tree.add(folder, "file-" + std::to_string(i) + ".cpp", Type::file);
  }
  tree.shrink();
  EXPECT_LT(tree.memory() / tree.size(), 64u);
}

}  // namespace
}  // namespace bus::fs
