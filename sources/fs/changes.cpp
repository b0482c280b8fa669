#include "sources/fs/changes.h"

#include <algorithm>
#include <utility>

namespace bus::fs {

Changes::Entry* Changes::find(std::string_view path) {
  const auto found = by_path_.find(std::string(path));
  return found == by_path_.end() ? nullptr : &entries_[found->second];
}

Changes::Entry& Changes::append(Change change) {
  by_path_[change.path] = entries_.size();
  if (change.what == What::renamed) by_from_[change.from] = entries_.size();
  entries_.emplace_back().change = std::move(change);
  ++live_;
  ++version_;
  return entries_.back();
}

void Changes::release(Entry& entry) {
  if (!std::exchange(entry.open, false)) return;
  --held_;
  ++version_;
}

void Changes::kill(Entry& entry) {
  release(entry);
  entry.dead = true;
  --live_;
  ++version_;
  const auto at = static_cast<std::size_t>(&entry - entries_.data());
  if (const auto path = by_path_.find(entry.change.path); path != by_path_.end() && path->second == at) {
    by_path_.erase(path);
  }
  if (const auto from = by_from_.find(entry.change.from); from != by_from_.end() && from->second == at) {
    by_from_.erase(from);
  }
}

void Changes::turn(Entry& entry, What what, Type type, Why why) {
  entry.change.what = what;
  entry.change.type = type;
  entry.change.why = why;
  ++version_;
}

void Changes::seal() {
  for (Entry& entry : entries_) release(entry);
  by_path_.clear();
  by_from_.clear();
}

void Changes::created(std::string_view path, Type type, Why why, bool open, std::int64_t now) {
  Entry* known = find(path);
  if (known != nullptr && known->change.what == What::deleted && known->change.type == type &&
      type != Type::folder) {
    turn(*known, What::modified, type, Why::none);
    return;
  }
  if (const auto moved = by_from_.find(std::string(path));
      moved != by_from_.end() && type == Type::file && known == nullptr) {
    // What was here got another name, and this takes its place.
    Entry& backup = entries_[moved->second];
    by_from_.erase(moved);
    backup.change.what = backup.over ? What::modified : What::created;
    backup.change.from.clear();
    append({What::modified, type, Why::none, std::string(path), {}});
    return;
  }
  Entry& entry = append({What::created, type, why, std::string(path), {}});
  if (open) entry.open = true, entry.since = now, ++held_;
}

void Changes::modified(std::string_view path, Type type) {
  Entry* known = find(path);
  if (known != nullptr && known->change.what != What::renamed && known->change.what != What::deleted) {
    ++version_;
    release(*known);
    return;
  }
  append({What::modified, type, Why::none, std::string(path), {}});
}

void Changes::closed(std::string_view path) {
  if (Entry* known = find(path)) release(*known);
}

void Changes::deleted(std::string_view path, Type type, Why why) {
  Entry* known = find(path);
  if (known != nullptr && known->change.what == What::created) return kill(*known);
  if (known != nullptr && known->change.what == What::modified) {
    turn(*known, What::deleted, type, why);
    return;
  }
  if (known != nullptr && known->change.what == What::renamed) {
    // In its place: there may be something else at `from` by now.
    Change gone{What::deleted, type, why, known->change.from, {}};
    const bool over = known->over;
    const auto at = static_cast<std::size_t>(known - entries_.data());
    kill(*known);
    entries_[at].dead = false;
    entries_[at].change = std::move(gone);
    ++live_;
    if (!over) return;
  }
  if (type == Type::folder) seal();
  append({What::deleted, type, why, std::string(path), {}});
}

// A file that nobody was told of yet has come to `path`.
void Changes::appear(std::string_view path, Type type, bool over) {
  Entry* known = find(path);
  if (known != nullptr && known->change.what == What::deleted && known->change.type == type) {
    turn(*known, What::modified, type, Why::none);
  } else if (known != nullptr && known->change.what != What::deleted && known->change.what != What::renamed) {
    release(*known);
  } else if (over) {
    append({What::modified, type, Why::none, std::string(path), {}});
  } else {
    created(path, type, Why::none, false, 0);
  }
}

void Changes::renamed(std::string_view from, std::string_view path, Type type, bool over) {
  if (type == Type::folder) {
    seal();
    append({What::renamed, type, Why::none, std::string(path), std::string(from)});
    seal();
    return;
  }
  Entry* known = find(from);
  if (known != nullptr && known->change.what == What::created) {
    kill(*known);
    return appear(path, type, over);
  }
  std::string origin(from);
  if (known != nullptr && known->change.what == What::renamed && find(known->change.from) == nullptr) {
    origin = known->change.from;
    const bool covered = known->over;
    kill(*known);
    if (covered) append({What::deleted, type, Why::none, std::string(from), {}});
  } else {
    by_path_.erase(std::string(from));
  }
  Entry* target = find(path);
  const bool replaced = target != nullptr && target->change.what != What::renamed;
  if (origin == path) {  // back where it was
    if (over || replaced) append({What::modified, type, Why::none, std::string(path), {}});
    return;
  }
  const bool unheard_of = replaced && target->change.what == What::created;
  if (unheard_of) kill(*target);
  append({What::renamed, type, Why::none, std::string(path), std::move(origin)}).over = over && !unheard_of;
}

std::vector<Change> Changes::take(std::int64_t now) {
  std::vector<Change> taken;
  taken.reserve(live_);
  std::vector<Entry> kept;
  for (Entry& entry : entries_) {
    if (entry.dead) continue;
    if (entry.open && now - entry.since < kPatience) {
      kept.push_back(std::move(entry));
    } else {
      taken.push_back(std::move(entry.change));
    }
  }
  clear();
  for (Entry& entry : kept) {
    Entry& again = append(std::move(entry.change));
    again.since = entry.since;
    again.open = true;
    ++held_;
  }
  return taken;
}

std::optional<std::int64_t> Changes::due() const {
  if (held_ == 0) return std::nullopt;
  std::int64_t first = INT64_MAX;
  for (const Entry& entry : entries_) {
    if (entry.open) first = std::min(first, entry.since + kPatience);
  }
  return first;
}

void Changes::clear() {
  entries_.clear();
  by_path_.clear();
  by_from_.clear();
  live_ = held_ = 0;
}

}  // namespace bus::fs
