// Trust: which libraries that did not come with bus the user lets run. SECURITY.md has the file's form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/plugin/gate.h"
#include "core/plugin/minisign.h"

namespace bus::plugin {

// What the user has said of the library at `path`.
struct Pin {
  std::string name, path, version;  // as they were then
  std::string sha256{};             // exactly these bytes, wherever they lie; or
  std::string key{};                // what this minisign key has signed, at that path
  Time since{};
};

// The user's private file of pins, written as a whole. A file that is not there means that nothing is
// trusted. Reads the file each time. Safe for concurrent use, also between processes.
class TrustStore {
 public:
  explicit TrustStore(std::string file) : file_(std::move(file)) {}

  // Code::denied if somebody else could have written the file, Code::config if it is malformed.
  Result<std::vector<Pin>> list() const;
  // In the place of what was said of the same path.
  Status add(const Pin& pin) const;
  // Takes back all that is said of this plugin (its name), path or digest; what it was. Code::not_found.
  Result<std::vector<Pin>> remove(std::string_view what) const;

 private:
  Status save(const std::vector<Pin>& pins) const;
  std::string file_;
};

// May this library be mapped? The value says why ("pinned", "signed"). Code::denied, with the command that
// mends it: nobody said so, the file is another than the one that was pinned, or its signature
// (`<path>.minisig`) does not hold.
Result<std::string> judge(const TrustStore& trust, const GatedFile& file);

// The text of the signature beside the library; Code::not_found if there is none.
Result<std::string> read_signature_of(const std::string& path);

// Checks the signature beside the library by that key. The value is its trusted comment. Code::denied: there
// is none, or it does not hold; Code::invalid: it is malformed.
Result<std::string> check_signature(const MinisignKey& key, const GatedFile& file);

}  // namespace bus::plugin
