// Tree: what is known of the files below a root, in little memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sources/fs/table.h"

namespace bus::fs {

enum class Type : std::uint8_t { file, folder, link, other };

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;
inline constexpr NodeId kRoot = 0;

// What only folders have.
struct Folder {
  NodeId node = kNoNode;    // none: this place is free
  NodeId first = kNoNode;   // child
  std::int32_t watch = -1;  // the kernel's number; -1: not watched
  std::uint32_t rules = 0;  // place of its ignore rules, + 1
  std::uint64_t inode = 0;
  std::uint32_t serial = 0;    // tells this folder from an earlier one in the same place
  bool top : 1 = false;        // of a repository: rules from above end here
  bool unwatched : 1 = false;  // it should be watched and cannot be
  // It is to be looked through: with the folders below it, telling, since the rules were changed.
  bool queued : 1 = false, deep : 1 = false, tell : 1 = false, unignored : 1 = false;
};

// One thread. Node 0 is the root. 28 bytes a node, 32 more a folder, its name and one byte, and 5 to 11 bytes
// of index; memory() tells. A node that is detached keeps what is below it and is in no folder.
class Tree {
 public:
  Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  NodeId find(NodeId folder, std::string_view name) const;
  // REQUIRES: the name is not there; 1 ≤ name.size() ≤ 255.
  NodeId add(NodeId folder, std::string_view name, Type type);
  // REQUIRES: nothing is below it; it is not the root.
  void remove(NodeId node);
  void detach(NodeId node);
  void attach(NodeId node, NodeId folder, std::string_view name);

  Type type(NodeId node) const { return static_cast<Type>(nodes_[node].type); }
  NodeId parent(NodeId node) const { return nodes_[node].parent; }
  std::string_view name(NodeId node) const;
  NodeId first(NodeId folder) const { return this->folder(folder).first; }
  NodeId next(NodeId node) const { return nodes_[node].next; }

  // Relative to the root, empty for the root; false if it is detached or below one that is.
  bool path(NodeId node, std::string& into) const;
  bool below(NodeId node, NodeId ancestor) const;  // or the same

  // Tells one state of a file from another. REQUIRES: not a folder.
  std::uint64_t print(NodeId node) const;
  void set_print(NodeId node, std::uint64_t print);
  // Written to so shortly before it was looked at that the print would not tell of another write.
  bool fresh(NodeId node) const { return nodes_[node].fresh != 0; }
  void set_fresh(NodeId node, bool fresh) { nodes_[node].fresh = fresh ? 1 : 0; }
  // For one who looks through a folder.
  bool marked(NodeId node) const { return nodes_[node].marked != 0; }
  void set_marked(NodeId node, bool marked) { nodes_[node].marked = marked ? 1 : 0; }

  // REQUIRES: a folder.
  const Folder& folder(NodeId node) const { return folders_[nodes_[node].low]; }
  Folder& folder(NodeId node) { return folders_[nodes_[node].low]; }

  std::size_t size() const { return nodes_.size() - free_nodes_count_; }  // the root among them
  std::size_t folders() const { return folders_.size() - free_folders_.size(); }
  std::size_t memory() const;  // bytes
  // Some of the places may be free.
  const std::vector<Folder>& all_folders() const { return folders_; }
  // Gives back what growing has left over.
  void shrink();

 private:
  struct Node {
    NodeId parent = kNoNode, next = kNoNode, previous = kNoNode;
    std::uint32_t name = 0;           // in names_: its length, then it
    std::uint32_t low = 0, high = 0;  // of the print; of a folder: its place
    std::uint32_t type : 3 = 0, fresh : 1 = 0, marked : 1 = 0;
  };
  struct Hash {
    const Tree* tree;
    std::uint64_t operator()(std::uint32_t node) const {
      return hash(tree->nodes_[node].parent, tree->name(node));
    }
  };
  static std::uint64_t hash(NodeId folder, std::string_view name);

  void link(NodeId node, NodeId folder, std::string_view name);
  std::uint32_t keep_name(std::string_view name);
  void compact_names();
  NodeId take_node();

  std::vector<Node> nodes_;
  std::vector<Folder> folders_;
  std::vector<std::uint32_t> free_folders_;
  NodeId free_node_ = kNoNode;  // the first of a list along `next`
  std::size_t free_nodes_count_ = 0;
  std::vector<char> names_;
  std::size_t dead_names_ = 0;  // bytes
  std::uint32_t serial_ = 0;
  Table<Hash> index_;
};

}  // namespace bus::fs
