// Filter: which paths below a root are looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/fs/disk.h"
#include "sources/fs/ignore.h"
#include "sources/fs/tree.h"

namespace bus::fs {

struct FilterSettings {
  std::vector<std::string> include, exclude;  // patterns as in a .gitignore at the root
  bool gitignore = true;
  std::vector<std::string> only;     // sorted names: the root's only entries that count; empty: all
  std::vector<std::string> skip;     // absolute paths of files that never count
  std::vector<std::string> folders;  // absolute paths of folders that are never entered
};

// Keeps the rules of the folders of one Tree. One thread.
//
// In this order the first that has something to say decides: `exclude`; with `gitignore` the .gitignore of
// the folder, then of those above it up to the top of its repository, then that repository's info/exclude,
// then the user's own git/ignore. .git itself is ignored. A repository begins at a folder with .git in it.
class Filter {
 public:
  Filter(Disk& disk, std::string root, FilterSettings settings);

  // Reads what is above the root, and learns which folders are not to be entered. Again after the root was
  // gone.
  void open();
  // Reads a folder's own rules; true if they are not the same as before.
  bool read_rules(Tree& tree, NodeId folder);
  void drop_rules(Tree& tree, NodeId folder);
  // A name whose change may change the rules of its folder.
  bool is_rules(std::string_view name) const {
    return settings_.gitignore && (name == ".gitignore" || name == ".git");
  }

  // `path` is relative to the root, `folder` the node that it is in. Does not ask for the folders above.
  bool hidden(const Tree& tree, NodeId folder, std::string_view path, bool is_folder) const;
  // One of the folders that are never entered, or on made-up files. `path` is absolute.
  bool foreign(const Look& look, const std::string& path) const;
  // Wanted by `include`.
  bool included(std::string_view path, bool is_folder) const;

 private:
  struct Kept {
    Rules rules;
    std::string text;  // what they were read from
  };
  struct Outer {
    Rules rules;
    std::string prefix;  // from their folder to the root, with a slash at the end, or empty
  };

  Verdict judge_above(std::string_view path, bool is_folder) const;
  std::uint32_t keep(Kept kept);

  Disk& disk_;
  const std::string root_;
  FilterSettings settings_;
  Rules exclude_, include_;
  std::vector<Kept> kept_;
  std::vector<std::uint32_t> free_;
  std::vector<Outer> outer_;  // nearest first
  Rules users_own_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> folders_;  // device and inode
  std::uint64_t device_ = 0;
};

}  // namespace bus::fs
