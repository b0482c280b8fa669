#include "sources/fs/tree.h"

#include <algorithm>
#include <array>

namespace bus::fs {

Tree::Tree() : index_(Hash{this}) {
  Node root;
  root.type = static_cast<std::uint32_t>(Type::folder);
  nodes_.push_back(root);
  folders_.push_back({.node = kRoot, .serial = ++serial_});
  names_.push_back(0);
}

std::uint64_t Tree::hash(NodeId folder, std::string_view name) {
  std::uint64_t value = 0xcbf29ce484222325u ^ folder;
  for (const char c : name) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  value ^= value >> 32;
  value *= 0x9E3779B97F4A7C15u;
  return value ^ (value >> 29);
}

std::string_view Tree::name(NodeId node) const {
  const std::uint32_t at = nodes_[node].name;
  return {names_.data() + at + 1, static_cast<unsigned char>(names_[at])};
}

NodeId Tree::find(NodeId folder, std::string_view name) const {
  return index_.find(hash(folder, name), [&](std::uint32_t node) {
    return nodes_[node].parent == folder && this->name(node) == name;
  });
}

NodeId Tree::take_node() {
  if (free_node_ == kNoNode) {
    nodes_.emplace_back();
    return static_cast<NodeId>(nodes_.size() - 1);
  }
  const NodeId node = free_node_;
  free_node_ = nodes_[node].next;
  --free_nodes_count_;
  nodes_[node] = Node();
  return node;
}

NodeId Tree::add(NodeId folder, std::string_view name, Type type) {
  const NodeId node = take_node();
  nodes_[node].type = static_cast<std::uint32_t>(type) & 7u;
  if (type == Type::folder) {
    if (free_folders_.empty()) {
      nodes_[node].low = static_cast<std::uint32_t>(folders_.size());
      folders_.emplace_back();
    } else {
      nodes_[node].low = free_folders_.back();
      free_folders_.pop_back();
    }
    this->folder(node) = {.node = node, .serial = ++serial_};
  }
  link(node, folder, name);
  return node;
}

void Tree::link(NodeId node, NodeId folder, std::string_view name) {
  nodes_[node].name = keep_name(name);
  Node& own = nodes_[node];
  Folder& above = this->folder(folder);
  own.parent = folder;
  own.previous = kNoNode;
  own.next = above.first;
  if (own.next != kNoNode) nodes_[own.next].previous = node;
  above.first = node;
  index_.add(node);
}

void Tree::detach(NodeId node) {
  index_.remove(node);
  Node& own = nodes_[node];
  if (own.next != kNoNode) nodes_[own.next].previous = own.previous;
  if (own.previous != kNoNode) {
    nodes_[own.previous].next = own.next;
  } else {
    folder(own.parent).first = own.next;
  }
  own.parent = own.next = own.previous = kNoNode;
  dead_names_ += name(node).size() + 1;
}

void Tree::attach(NodeId node, NodeId folder, std::string_view name) {
  link(node, folder, name);
}

void Tree::remove(NodeId node) {
  if (nodes_[node].parent != kNoNode) detach(node);
  if (type(node) == Type::folder) {
    folder(node).node = kNoNode;
    free_folders_.push_back(nodes_[node].low);
  }
  nodes_[node].next = free_node_;
  nodes_[node].name = 0;
  free_node_ = node;
  ++free_nodes_count_;
}

std::uint32_t Tree::keep_name(std::string_view name) {
  if (dead_names_ > 65'536 && dead_names_ * 2 > names_.size()) compact_names();
  const auto at = static_cast<std::uint32_t>(names_.size());
  names_.push_back(static_cast<char>(static_cast<unsigned char>(name.size())));
  names_.insert(names_.end(), name.begin(), name.end());
  return at;
}

// Nodes that are in a folder keep theirs; the rest have none that is asked for.
void Tree::compact_names() {
  std::vector<char> kept(1, 0);
  kept.reserve(names_.size() - dead_names_ + 1);
  for (Node& node : nodes_) {
    if (node.parent == kNoNode) {
      node.name = 0;
      continue;
    }
    const auto length = static_cast<unsigned char>(names_[node.name]);
    const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(node.name);
    node.name = static_cast<std::uint32_t>(kept.size());
    kept.insert(kept.end(), begin, begin + length + 1);
  }
  names_.swap(kept);
  dead_names_ = 0;
}

bool Tree::path(NodeId node, std::string& into) const {
  into.clear();
  if (node == kRoot) return true;
  std::size_t length = 0;
  NodeId at = node;
  for (; at != kRoot && at != kNoNode; at = nodes_[at].parent) length += name(at).size() + 1;
  if (at == kNoNode) return false;
  into.resize(length - 1);
  std::size_t end = into.size();
  for (at = node; at != kRoot; at = nodes_[at].parent) {
    const std::string_view part = name(at);
    part.copy(into.data() + end - part.size(), part.size());
    end -= part.size();
    if (end != 0) into[--end] = '/';
  }
  return true;
}

bool Tree::below(NodeId node, NodeId ancestor) const {
  while (node != ancestor && node != kNoNode) node = nodes_[node].parent;
  return node == ancestor;
}

std::uint64_t Tree::print(NodeId node) const {
  return (std::uint64_t{nodes_[node].high} << 32) | nodes_[node].low;
}

void Tree::set_print(NodeId node, std::uint64_t print) {
  nodes_[node].low = static_cast<std::uint32_t>(print);
  nodes_[node].high = static_cast<std::uint32_t>(print >> 32);
}

std::size_t Tree::memory() const {
  return nodes_.capacity() * sizeof(Node) + folders_.capacity() * sizeof(Folder) + names_.capacity() +
         free_folders_.capacity() * sizeof(std::uint32_t) + index_.bytes();
}

void Tree::shrink() {
  nodes_.shrink_to_fit();
  folders_.shrink_to_fit();
  names_.shrink_to_fit();
}

}  // namespace bus::fs
