// The gate that a plugin's file passes before it is mapped: only what root or we ourselves can have put
// there, whole, for this machine, and from then on unchangeable. Linux only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace bus::plugin {

inline constexpr std::size_t kMaxPluginBytes = 256u << 20;

// Which file it was, and in what state: another one is another file, or was written since.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0, written_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
// Of the file that is there now; all 0 if there is none.
FileStamp stamp_of(const std::string& path);

struct GatedFile {
  UniqueFd memory;     // a sealed copy in memory
  std::string path;    // where it was
  std::string sha256;  // of its bytes, in hex
  FileStamp stamp{};
};

// Opens the file without following links, checks owner and mode of it and of every folder above (root's or
// ours, not writable by others unless the folder is sticky), checks its form, and copies it. `path` must be
// absolute and free of links. Code::denied: somebody else could have written it; Code::invalid: it is no
// plugin for this machine; the hint says how to mend it.
Result<GatedFile> pass_gate(const std::string& path);
// As a shell would have to be given it: for commands that mend something.
std::string shell_word(const std::string& path);
// The bytes of the sealed copy.
Result<std::string> read_gated(const GatedFile& file);

}  // namespace bus::plugin
