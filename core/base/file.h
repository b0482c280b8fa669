// Files and folders as bus uses them: private, bounded, replaced atomically.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace bus {
inline namespace base {

// The whole file; Code::limit if it is larger than `most` bytes.
Result<std::string> read_file(const std::string& path, std::size_t most);
// All that can be read from `fd`; Code::limit as above. Retries interrupted calls.
Result<std::string> read_all(int fd, std::size_t most);
// Writes all of it; retries short and interrupted writes.
Status write_all(int fd, std::string_view bytes);

// Replaces `path` by a file with these bytes and mode 0600: written beside it, synced, renamed. A reader sees
// the old file or the new one, also after a power loss.
Status replace_file(const std::string& path, std::string_view bytes);

// Makes the folder and its missing parents, 0700. An existing one is kept, and must belong to us and be
// closed to others' writing, else Code::denied.
Status make_private_folder(const std::string& path);

// Opens for reading a file that only we can have written: regular, no symlink, owned by us, mode 0600 or
// stricter. Code::denied says what is wrong with it.
Result<UniqueFd> open_private(const std::string& path);

}  // namespace base
}  // namespace bus
