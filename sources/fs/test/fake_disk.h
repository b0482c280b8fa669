// A disk in memory that queues the kernel's events for its watches. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/fs/disk.h"

namespace bus::fs {

class FakeDisk final : public Disk {
 public:
  struct Event {
    Raw raw;  // but for the name
    std::string name;
  };
  std::deque<Event> queue;
  std::size_t watch_limit = 1000;
  std::int64_t now = 100'000'000'000;

  FakeDisk() : top_(make(Type::folder)) {}

  // What somebody does. Paths are absolute; folders above must be there.
  void mkdir(const std::string& path) { tell(path, Raw::What::created, place(path, Type::folder)); }
  void create(const std::string& path, Type type = Type::file) {
    tell(path, Raw::What::created, place(path, type));
  }
  void write(const std::string& path, std::string text) {
    if (find(path) == nullptr) create(path);
    change(path, std::move(text));
    tell(path, Raw::What::written, find(path));
  }
  void change(const std::string& path, std::string text) {
    find(path)->text = std::move(text);
    find(path)->modified = now;
  }
  void close(const std::string& path) { tell(path, Raw::What::written, find(path)); }
  void stamp(const std::string& path, std::int64_t time) {
    find(path)->modified = time;
    tell(path, Raw::What::stamped, find(path));
  }
  void remove(const std::string& path) {
    const auto node = find(path);
    while (!node->children.empty()) remove(path + "/" + node->children.begin()->first);
    parent(path)->children.erase(name(path));
    tell(path, Raw::What::deleted, node);
    if (node->watch < 0) return;
    if (node->root) push(node->watch, Raw::What::itself, false, {});
    push(node->watch, Raw::What::ignored, false, {});
    watches_.erase(std::exchange(node->watch, -1));
  }
  void move(const std::string& from, const std::string& to) {
    const auto node = find(from);
    parent(from)->children.erase(name(from));
    parent(to)->children[name(to)] = node;
    ++cookie_;
    tell(from, Raw::What::moved_from, node);
    tell(to, Raw::What::moved_to, node);
    if (node->root && node->watch >= 0) push(node->watch, Raw::What::itself, false, {});
  }
  // The queue runs over.
  void lose() {
    queue.clear();
    push(-1, Raw::What::overflow, false, {});
  }
  std::size_t watches() const { return watches_.size(); }

  Look look(const std::string& path) override {
    const auto node = find(path);
    Look look;
    if (node == nullptr) return look;
    look.there = true;
    look.type = node->type;
    look.device = 1;
    look.inode = node->inode;
    look.size = node->text.size();
    look.modified_ns = node->modified;
    return look;
  }
  Look look_through(const std::string& path) override { return look(path); }
  std::unique_ptr<Listing> list(const std::string& path) override {
    const auto node = find(path);
    if (node == nullptr || node->type != Type::folder) return nullptr;
    return std::make_unique<Names>(*this, path, *node);
  }
  bool read(const std::string& path, std::size_t, std::string& into) override {
    const auto node = find(path);
    if (node == nullptr || node->type != Type::file) return false;
    into = node->text;
    return true;
  }
  bool made_up(const std::string&) override { return false; }
  std::int64_t now_ns() override { return now; }
  Watched watch(const std::string& path, Wanted wanted) override {
    const auto node = find(path);
    if (node == nullptr) return {-1, Problem::gone};
    if (node->watch < 0) {
      if (watches_.size() >= watch_limit) return {-1, Problem::limit};
      node->watch = ++last_watch_;
      watches_[node->watch] = node;
    }
    node->root = wanted == Wanted::root;
    return {node->watch, Problem::none};
  }
  void unwatch(std::int32_t number) override {
    const auto found = watches_.find(number);
    if (found == watches_.end()) return;
    found->second->watch = -1;
    watches_.erase(found);
    push(number, Raw::What::ignored, false, {});
  }

 private:
  struct Node {
    Type type = Type::file;
    std::uint64_t inode = 0;
    std::int64_t modified = 0;
    std::string text;
    std::map<std::string, std::shared_ptr<Node>> children;
    std::int32_t watch = -1;
    bool root = false;
  };
  class Names final : public Listing {
   public:
    Names(FakeDisk& disk, std::string path, const Node& node) : disk_(disk), path_(std::move(path)) {
      for (const auto& [name, child] : node.children) names_.push_back(name);
    }
    bool next(std::string_view& name) override {
      if (at_ == names_.size()) return false;
      name = names_[at_++];
      return true;
    }
    Look look() override { return disk_.look(path_ + "/" + names_[at_ - 1]); }

   private:
    FakeDisk& disk_;
    const std::string path_;
    std::vector<std::string> names_;
    std::size_t at_ = 0;
  };

  std::shared_ptr<Node> make(Type type) {
    auto node = std::make_shared<Node>();
    node->type = type;
    node->inode = ++last_inode_;
    node->modified = now;
    return node;
  }
  std::shared_ptr<Node> find(const std::string& path) const {
    std::shared_ptr<Node> node = top_;
    for (std::size_t at = 1; node != nullptr && at < path.size();) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      const auto found = node->children.find(path.substr(at, end - at));
      node = found == node->children.end() ? nullptr : found->second;
      at = end + 1;
    }
    return node;
  }
  std::shared_ptr<Node> parent(const std::string& path) const {
    return find(path.substr(0, path.rfind('/')));
  }
  static std::string name(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  std::shared_ptr<Node> place(const std::string& path, Type type) {
    return parent(path)->children[name(path)] = make(type);
  }
  void tell(const std::string& path, Raw::What what, const std::shared_ptr<Node>& node) {
    if (parent(path)->watch >= 0) push(parent(path)->watch, what, node->type == Type::folder, name(path));
  }
  void push(std::int32_t watch, Raw::What what, bool folder, std::string name) {
    queue.push_back({{what, watch, cookie_, folder, {}}, std::move(name)});
  }

  std::shared_ptr<Node> top_;
  std::map<std::int32_t, std::shared_ptr<Node>> watches_;
  std::uint64_t last_inode_ = 0;
  std::int32_t last_watch_ = 0;
  std::uint32_t cookie_ = 0;
};

}  // namespace bus::fs
