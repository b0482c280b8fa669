#include "sources/fs/mirror.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace bus::fs {
namespace {

constexpr std::size_t kMaxMoves = 256;
// Two writes within the tick of a file system's clock leave the same time behind; FAT's tick is two seconds.
constexpr std::int64_t kTick = 2'000'000'000;

std::uint64_t print_of(const Look& look) {
  std::uint64_t value = static_cast<std::uint64_t>(look.modified_ns);
  for (const std::uint64_t part : {look.size, look.inode, look.device}) {
    value = (value ^ (value >> 29)) * 0xbf58476d1ce4e5b9u + part;
  }
  return value ^ (value >> 32);
}

}  // namespace

Mirror::Mirror(Disk& disk, MirrorSettings settings, Changes& changes)
    : disk_(disk),
      settings_(std::move(settings)),
      changes_(changes),
      filter_(disk, settings_.root, settings_.filter),
      watches_(WatchHash{this}) {}

std::string Mirror::whole(const std::string& path) const {
  if (path.empty()) return settings_.root;
  return settings_.root == "/" ? "/" + path : settings_.root + "/" + path;
}

bool Mirror::begin(bool tell) {
  const Look look = disk_.look_through(settings_.root);
  if (!takes(look) || look.type != Type::folder) return false;
  present_ = true;
  full_ = false;
  unreadable_ = 0;
  tree_.folder(kRoot).inode = look.inode;
  filter_.open();
  watch(kRoot, {});
  enqueue(kRoot, false, {tell, Why::none});
  return true;
}

bool Mirror::check_root() {
  if (!present_) return false;
  const Look look = disk_.look_through(settings_.root);
  if (!look.known) return true;
  if (look.there && look.type == Type::folder && look.inode == tree_.folder(kRoot).inode) {
    if (tree_.folder(kRoot).watch < 0) enqueue(kRoot, false, {});  // a mount has come or gone
    return true;
  }
  settle(INT64_MAX);
  queue_.clear();
  scan_ = {};
  while (tree_.first(kRoot) != kNoNode) {
    const NodeId node = tree_.first(kRoot);
    vanish(node, Why::none, std::string(tree_.name(node)));
  }
  unwatch(kRoot);
  tree_.folder(kRoot).queued = false;
  filter_.drop_rules(tree_, kRoot);
  present_ = false;
  return false;
}

NodeId Mirror::folder_of(std::int32_t watch) const {
  return watches_.find(WatchHash::hash(watch),
                       [&](std::uint32_t node) { return tree_.folder(node).watch == watch; });
}

void Mirror::watch(NodeId node, const std::string& path) {
  Folder& folder = tree_.folder(node);
  if (folder.unwatched) folder.unwatched = false, --unwatched_;
  const Disk::Watched made =
      disk_.watch(whole(path), node == kRoot ? Disk::Wanted::root : Disk::Wanted::changes);
  if (made.number < 0) {
    if (made.problem == Disk::Problem::limit) folder.unwatched = true, ++unwatched_;
    return;
  }
  if (folder.watch == made.number) return;
  unwatch(node);
  // The same folder by another path: what was there is elsewhere now.
  if (const NodeId other = folder_of(made.number); other != kNoNode) {
    watches_.remove(other);
    tree_.folder(other).watch = -1;
  }
  folder.watch = made.number;
  watches_.add(node);
}

void Mirror::unwatch(NodeId node) {
  Folder& folder = tree_.folder(node);
  if (folder.unwatched) folder.unwatched = false, --unwatched_;
  if (folder.watch < 0) return;
  watches_.remove(node);
  disk_.unwatch(folder.watch);
  folder.watch = -1;
}

void Mirror::take(const Raw& raw, std::int64_t now) {
  if (raw.what == Raw::What::overflow) {
    overflow_ = true;
    return;
  }
  const NodeId folder = folder_of(raw.watch);
  if (folder == kNoNode) return;
  if (raw.what == Raw::What::ignored) {
    watches_.remove(folder);
    tree_.folder(folder).watch = -1;
    if (folder == kRoot) {
      check_root();
    } else if (tree_.parent(folder) != kNoNode) {
      // A new folder may have taken the name, and the number, of the one that is gone.
      look_at(tree_.parent(folder), std::string(tree_.name(folder)), Cause::other, now);
    }
    return;
  }
  if (raw.what == Raw::What::itself) {
    if (folder == kRoot) check_root();
    return;
  }
  if (raw.name.empty()) return;
  if (filter_.is_rules(raw.name)) rules_changed(folder);
  switch (raw.what) {
    case Raw::What::moved_from:
      return moved_from(folder, raw, now);
    case Raw::What::moved_to:
      return moved_to(folder, raw, now);
    case Raw::What::created:
      return look_at(folder, raw.name, Cause::created, now);
    case Raw::What::written:
      return look_at(folder, raw.name, Cause::written, now);
    case Raw::What::stamped:
      return look_at(folder, raw.name, Cause::stamped, now);
    default:
      return look_at(folder, raw.name, Cause::other, now);
  }
}

void Mirror::rules_changed(NodeId folder) {
  if (filter_.read_rules(tree_, folder)) enqueue(folder, true, {true, Why::unignored});
}

void Mirror::look_at(NodeId folder, std::string_view name, Cause cause, std::int64_t now) {
  if (!tree_.path(folder, path_)) return;  // on its way elsewhere; it is looked through when it has arrived
  if (!path_.empty()) path_ += '/';
  path_ += name;
  const Look look = disk_.look(whole(path_));
  if (!look.known) return;
  if (!look.there) {
    if (const NodeId node = tree_.find(folder, name); node != kNoNode) vanish(node, Why::none, path_);
    return;
  }
  mode_ = {};
  meet(folder, name, look, cause, now);
}

// path_ is the path of `name`, and something is there.
void Mirror::meet(NodeId folder, std::string_view name, const Look& look, Cause cause, std::int64_t now) {
  const bool is_folder = look.type == Type::folder;
  NodeId node = tree_.find(folder, name);
  const bool hidden =
      filter_.hidden(tree_, folder, path_, is_folder) || (is_folder && filter_.foreign(look, whole(path_)));
  if (hidden || (!is_folder && !filter_.included(path_, false))) {
    if (node != kNoNode) vanish(node, Why::ignored, path_);
    return;
  }
  if (node != kNoNode && tree_.type(node) != look.type) {
    vanish(node, Why::none, path_);
    node = kNoNode;
  }
  if (node == kNoNode) {
    appear(folder, name, look, cause, now);
  } else {
    refresh(node, look, cause);
  }
}

void Mirror::refresh(NodeId node, const Look& look, Cause cause) {
  tree_.set_marked(node, true);
  if (look.type == Type::folder) {
    Folder& folder = tree_.folder(node);
    const bool other = folder.inode != look.inode;
    folder.inode = look.inode;
    if (settings_.recursive && other) watch(node, path_);
    const bool deep = cause == Cause::scanned && scan_.deep;
    const bool unseen = folder.watch < 0 && !folder.unwatched;
    if (settings_.recursive && (deep || other || unseen)) enqueue(node, deep, mode_);
    return;
  }
  const std::uint64_t print = print_of(look);
  const bool differs = print != tree_.print(node);
  const bool again = cause == Cause::written && tree_.fresh(node);
  tree_.set_print(node, print);
  tree_.set_fresh(node, disk_.now_ns() - look.modified_ns < kTick);
  if (!mode_.tell) return;
  if (differs || again) {
    changes_.modified(path_, look.type);
  } else if (cause == Cause::written) {
    changes_.closed(path_);
  }
}

void Mirror::appear(NodeId folder, std::string_view name, const Look& look, Cause cause, std::int64_t now) {
  if (name.empty() || name.size() > 255) return;
  if (tree_.size() >= kMaxNodes) {
    full_ = true;
    return;
  }
  settle_path(path_);
  const NodeId node = tree_.add(folder, name, look.type);
  tree_.set_marked(node, true);
  const bool is_folder = look.type == Type::folder;
  if (is_folder) {
    tree_.folder(node).inode = look.inode;
    if (mode_.tell && filter_.included(path_, true))
      changes_.created(path_, look.type, mode_.why, false, now);
    if (settings_.recursive) {
      watch(node, path_);
      enqueue(node, false, mode_);
    }
    return;
  }
  tree_.set_print(node, print_of(look));
  tree_.set_fresh(node, disk_.now_ns() - look.modified_ns < kTick);
  const bool open = cause == Cause::created && look.type == Type::file && look.links == 1;
  if (mode_.tell) changes_.created(path_, look.type, mode_.why, open, now);
}

// Forgets a node and all below it, and tells of each. `path` is its own.
void Mirror::vanish(NodeId node, Why why, const std::string& path) {
  if (tree_.type(node) == Type::folder) {
    settle_below(path);
    for (NodeId child = tree_.first(node); child != kNoNode; child = tree_.first(node)) {
      vanish(child, why, path + "/" + std::string(tree_.name(child)));
    }
  }
  const Type type = tree_.type(node);
  drop(node);
  if (type != Type::folder || filter_.included(path, true)) changes_.deleted(path, type, why);
}

// REQUIRES: nothing is below it.
void Mirror::drop(NodeId node) {
  if (tree_.type(node) == Type::folder) {
    if (scan_.node == node) scan_ = {};
    unwatch(node);
    filter_.drop_rules(tree_, node);
  }
  tree_.remove(node);
}

void Mirror::moved_from(NodeId folder, const Raw& raw, std::int64_t now) {
  const NodeId node = tree_.find(folder, raw.name);
  if (node == kNoNode || !tree_.path(node, path_)) return;
  if (moves_.size() >= kMaxMoves) settle(INT64_MAX);
  tree_.detach(node);
  moves_.push_back({node, raw.cookie, now, path_});
}

void Mirror::moved_to(NodeId folder, const Raw& raw, std::int64_t now) {
  const auto found =
      std::find_if(moves_.begin(), moves_.end(), [&](const Move& move) { return move.cookie == raw.cookie; });
  if (found == moves_.end()) return look_at(folder, raw.name, Cause::other, now);
  const Move move = std::move(*found);
  moves_.erase(found);
  const bool is_folder = tree_.type(move.node) == Type::folder;
  bool stays = tree_.path(folder, path_);
  if (stays) {
    if (!path_.empty()) path_ += '/';
    path_ += raw.name;
    stays = !filter_.hidden(tree_, folder, path_, is_folder) && (is_folder || filter_.included(path_, false));
  }
  if (!stays) {
    vanish(move.node, Why::none, move.path);
    // What it has covered is as gone as it is itself.
    return look_at(folder, raw.name, Cause::other, now);
  }
  land(move, folder, raw.name);
}

// path_ is where it goes.
void Mirror::land(const Move& move, NodeId folder, std::string_view name) {
  const Type type = tree_.type(move.node);
  if (type == Type::folder) settle(INT64_MAX);  // the paths of the others may be below this one
  settle_path(path_);
  const NodeId covered = tree_.find(folder, name);
  bool over = covered != kNoNode;
  if (over &&
      tree_.type(covered) == Type::folder) {  // an empty one, or it is not known yet what became of it
    vanish(covered, Why::none, path_);
    over = false;
  } else if (over) {
    drop(covered);
  }
  tree_.attach(move.node, folder, name);
  tree_.set_marked(move.node, true);
  changes_.renamed(move.path, path_, type, over);
  // What was told of it under its old path may have been missed.
  if (type == Type::folder && settings_.recursive) enqueue(move.node, true, {});
}

// What moved away from a path, or from below it, has to be told of before something else is told of that
// path.
void Mirror::settle_path(std::string_view path) {
  settle_if([&](const Move& move) { return move.path == path; });
}

void Mirror::settle_below(std::string_view path) {
  settle_if([&](const Move& move) {
    return move.path.size() > path.size() && move.path[path.size()] == '/' && move.path.starts_with(path);
  });
}

void Mirror::settle(std::int64_t now) {
  settle_if([&](const Move& move) { return move.since <= now - kHalfMove; });
}

template <class Which>
void Mirror::settle_if(Which which) {
  if (moves_.empty()) return;
  std::vector<Move> over;
  const auto found = std::stable_partition(moves_.begin(), moves_.end(), std::not_fn(which));
  std::move(found, moves_.end(), std::back_inserter(over));
  moves_.erase(found, moves_.end());
  for (const Move& move : over) vanish(move.node, Why::none, move.path);
}

std::optional<std::int64_t> Mirror::settle_due() const {
  if (moves_.empty()) return std::nullopt;
  const auto first = std::min_element(moves_.begin(), moves_.end(),
                                      [](const Move& a, const Move& b) { return a.since < b.since; });
  return first->since + kHalfMove;
}

Mirror::Figures Mirror::figures() const {
  const std::size_t folders = tree_.folders() - 1;
  return {tree_.size() - 1 - folders, folders, unwatched_, unreadable_, full_};
}

std::size_t Mirror::memory() const {
  return tree_.memory() + watches_.bytes() + queue_.capacity() * sizeof(Job);
}

}  // namespace bus::fs
