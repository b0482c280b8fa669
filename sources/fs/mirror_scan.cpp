// Mirror's looking through folders.
#include <utility>

#include "sources/fs/mirror.h"

namespace bus::fs {

void Mirror::enqueue(NodeId node, bool deep, Mode mode) {
  Folder& folder = tree_.folder(node);
  folder.deep = (folder.queued && folder.deep) || deep;
  if (folder.queued) return;
  folder.queued = true;
  folder.tell = mode.tell;
  folder.unignored = mode.why == Why::unignored;
  queue_.push_back({node, folder.serial});
}

void Mirror::look_again() {
  if (present_) enqueue(kRoot, true, {});
}

void Mirror::retry_unwatched() {
  if (!present_ || unwatched_ == 0) return;
  for (const Folder& folder : tree_.all_folders()) {
    if (folder.node != kNoNode && folder.unwatched) enqueue(folder.node, false, {});
  }
}

bool Mirror::step(std::size_t entries, std::int64_t now) {
  while (entries > 0 && scanning()) {
    if (scan_.listing != nullptr || begin_scan()) scan_some(entries, now);
    if (entries > 0) --entries;  // a folder counts as well
  }
  return scanning();
}

// Takes the next folder of the queue; false if there is nothing to look through in it.
bool Mirror::begin_scan() {
  const Job job = queue_.back();
  queue_.pop_back();
  if (tree_.type(job.node) != Type::folder) return false;
  Folder& folder = tree_.folder(job.node);
  if (folder.node != job.node || folder.serial != job.serial) return false;
  folder.queued = false;
  scan_.deep = folder.deep;
  mode_ = {folder.tell, folder.unignored ? Why::unignored : Why::none};
  if (!tree_.path(job.node, path_)) return false;
  // Before it is looked through: what comes later is told by the watch.
  if (folder.watch < 0) watch(job.node, path_);
  filter_.read_rules(tree_, job.node);
  scan_.listing = disk_.list(whole(path_));
  if (scan_.listing == nullptr) {
    ++unreadable_;
    return false;
  }
  scan_.node = job.node;
  scan_.mode = mode_;
  for (NodeId child = tree_.first(job.node); child != kNoNode; child = tree_.next(child)) {
    tree_.set_marked(child, false);
  }
  return true;
}

void Mirror::scan_some(std::size_t& entries, std::int64_t now) {
  std::string base;
  if (!tree_.path(scan_.node, base)) {  // on its way elsewhere
    scan_ = {};
    return;
  }
  if (!base.empty()) base += '/';
  mode_ = scan_.mode;
  std::string_view name;
  for (; entries > 0; --entries) {
    if (!scan_.listing->next(name)) return end_scan(now);
    path_.assign(base).append(name);
    const Look look = scan_.listing->look();
    if (takes(look)) meet(scan_.node, name, look, Cause::scanned, now);
  }
}

// What was known and not met: a name that was changed meanwhile can be missed, so each is looked at.
void Mirror::end_scan(std::int64_t now) {
  const NodeId node = scan_.node;
  scan_.listing = nullptr;
  std::vector<NodeId> missed;
  for (NodeId child = tree_.first(node); child != kNoNode; child = tree_.next(child)) {
    if (!tree_.marked(child)) missed.push_back(child);
  }
  for (const NodeId child : missed) {
    if (!tree_.path(child, path_)) continue;
    const Look look = disk_.look(whole(path_));
    if (!look.known) continue;
    if (look.there) {
      meet(node, std::string(tree_.name(child)), look, Cause::scanned, now);
    } else {
      vanish(child, Why::none, path_);
    }
  }
  scan_ = {};
  if (queue_.empty() && !mode_.tell) tree_.shrink();
}

}  // namespace bus::fs
