// Mirror: keeps a Tree like the files below a root, and tells what changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/fs/changes.h"
#include "sources/fs/disk.h"
#include "sources/fs/filter.h"
#include "sources/fs/table.h"
#include "sources/fs/tree.h"

namespace bus::fs {

struct MirrorSettings {
  std::string root;  // absolute, without a slash at the end
  bool recursive = true;
  FilterSettings filter;
};

// One thread. What the kernel tells is taken as a hint to look: the tree is made like what is there now, so
// that an event that comes late, twice or in another order does no harm. A folder is watched before it is
// looked through, so that nothing falls between. Looking through goes in steps.
//
// Every path that comes under watch is told `created`, every one that leaves it `deleted`, also where ignore
// rules were changed (`why`); but that a folder was renamed is told of the folder alone. begin() tells
// nothing of what it finds.
class Mirror {
 public:
  static constexpr std::size_t kMaxNodes = 4u << 20;

  Mirror(Disk& disk, MirrorSettings settings, Changes& changes);

  // Begins to look, or begins again after the root was gone; with `tell` what is found is told as created.
  // False: the root is not there.
  bool begin(bool tell);
  void take(const Raw& raw, std::int64_t now);
  // Looks through up to `entries` more; false if there is nothing left to look through.
  bool step(std::size_t entries, std::int64_t now);
  // Of what moved away and has not come to another place within kHalfMove: it has left, and is deleted.
  void settle(std::int64_t now);
  static constexpr std::int64_t kHalfMove = 10'000;
  // When settle() has something to do; nullopt: there is nothing.
  std::optional<std::int64_t> settle_due() const;
  // Looks through everything again, and tells what differs.
  void look_again();
  // Watches what could not be watched, and looks through it.
  void retry_unwatched();
  // Is the root still what is watched? If not, all in it is told as deleted.
  bool check_root();

  bool present() const { return present_; }
  bool scanning() const { return !queue_.empty() || scan_.listing != nullptr; }
  // Since the last time it was asked.
  bool take_overflow() { return std::exchange(overflow_, false); }

  struct Figures {
    std::size_t files = 0, folders = 0;  // the root not among them
    std::size_t unwatched = 0;           // folders that the limit of watches kept out
    std::size_t unreadable = 0;          // folders, since begin()
    bool full = false;                   // kMaxNodes were reached
  };
  Figures figures() const;
  const Tree& tree() const { return tree_; }
  std::size_t memory() const;

 private:
  struct Move {
    NodeId node;
    std::uint32_t cookie;
    std::int64_t since;
    std::string path;
  };
  struct Job {
    NodeId node;
    std::uint32_t serial;  // of its folder
  };
  // How to take what is met.
  struct Mode {
    bool tell = true;
    Why why = Why::none;  // of what was not known
  };
  struct Scan {
    std::unique_ptr<Listing> listing;  // null: none is under way
    NodeId node = kNoNode;
    bool deep = false;
    Mode mode;
  };
  enum class Cause : std::uint8_t { created, written, stamped, other, scanned };

  std::string whole(const std::string& path) const;
  NodeId folder_of(std::int32_t watch) const;
  void look_at(NodeId folder, std::string_view name, Cause cause, std::int64_t now);
  void meet(NodeId folder, std::string_view name, const Look& look, Cause cause, std::int64_t now);
  void refresh(NodeId node, const Look& look, Cause cause);
  void appear(NodeId folder, std::string_view name, const Look& look, Cause cause, std::int64_t now);
  void vanish(NodeId node, Why why, const std::string& path);
  void drop(NodeId node);
  void moved_from(NodeId folder, const Raw& raw, std::int64_t now);
  void moved_to(NodeId folder, const Raw& raw, std::int64_t now);
  void land(const Move& move, NodeId folder, std::string_view name);
  template <class Which>
  void settle_if(Which which);
  void settle_path(std::string_view path);
  void settle_below(std::string_view path);
  void rules_changed(NodeId folder);
  void watch(NodeId node, const std::string& path);
  void unwatch(NodeId node);
  void enqueue(NodeId node, bool deep, Mode mode);
  bool begin_scan();
  void scan_some(std::size_t& entries, std::int64_t now);
  void end_scan(std::int64_t now);
  bool takes(const Look& look) const { return look.known && look.there; }

  struct WatchHash {
    const Mirror* mirror;
    std::uint64_t operator()(std::uint32_t node) const { return hash(mirror->tree_.folder(node).watch); }
    static std::uint64_t hash(std::int32_t watch) {
      return static_cast<std::uint64_t>(watch) * 0x9E3779B97F4A7C15u >> 20;
    }
  };

  Disk& disk_;
  const MirrorSettings settings_;
  Changes& changes_;
  Tree tree_;
  Filter filter_;
  Table<WatchHash> watches_;  // folder nodes, by their watch
  std::vector<Move> moves_;
  std::vector<Job> queue_;
  Scan scan_;
  Mode mode_;         // of what is worked on
  std::string path_;  // of what is worked on
  bool present_ = false, overflow_ = false, full_ = false;
  std::size_t unwatched_ = 0, unreadable_ = 0;
};

}  // namespace bus::fs
