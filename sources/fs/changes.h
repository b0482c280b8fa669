// Changes: what has happened and was not told yet, folded so that each path's story is short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sources/fs/tree.h"

namespace bus::fs {

enum class What : std::uint8_t { created, modified, deleted, renamed };
// Why, where nothing happened to the file itself.
enum class Why : std::uint8_t { none, ignored, unignored };

struct Change {
  What what = What::modified;
  Type type = Type::file;
  Why why = Why::none;
  std::string path, from;  // bytes, relative to the root; `from` of renamed
};

// Pure; one thread. Times are µs of any clock that does not jump. Whoever applies the changes in their order
// to the set of paths that were there has the set that is there.
//
// Within what was not taken yet: created then deleted is nothing; deleted then created, and a file renamed
// over another that came into being just before, are `modified`; a file that is renamed away while a new one
// takes its name (an editor's backup) is `modified`, too; renames in a row are one. That a folder was renamed
// or deleted ends all this for what came before it: paths change their meaning.
class Changes {
 public:
  // A file whose writer has not closed it is held back so long.
  static constexpr std::int64_t kPatience = 250'000;

  // `open`: its writer has not closed it yet.
  void created(std::string_view path, Type type, Why why, bool open, std::int64_t now);
  void modified(std::string_view path, Type type);
  // The writer has closed it, which is no change by itself.
  void closed(std::string_view path);
  void deleted(std::string_view path, Type type, Why why);
  // `over`: there was something at `path`, known until now.
  void renamed(std::string_view from, std::string_view path, Type type, bool over);

  // Takes what is there, in order, but for files that are still held back.
  std::vector<Change> take(std::int64_t now);
  // When the first held-back file is let go; nullopt if there is none.
  std::optional<std::int64_t> due() const;
  // How many take() would give now, about; those held back.
  std::size_t ready() const { return live_ - held_; }
  std::size_t held() const { return held_; }
  // Grows whenever take() may give something else than before.
  std::uint64_t version() const { return version_; }

 private:
  struct Entry {
    Change change;
    std::int64_t since = 0;  // of one that is held back
    bool open = false;
    bool over = false;  // of renamed: there was something at `path` that has been told of
    bool dead = false;
  };
  using Index = std::unordered_map<std::string, std::size_t>;

  Entry* find(std::string_view path);
  Entry& append(Change change);
  void kill(Entry& entry);
  void release(Entry& entry);
  void turn(Entry& entry, What what, Type type, Why why);
  void seal();
  void clear();
  void appear(std::string_view path, Type type, bool over);

  std::vector<Entry> entries_;
  Index by_path_, by_from_;
  std::size_t live_ = 0, held_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace bus::fs
