// The secret store: one private file for each secret, in a private folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace bus::auth {

// Reads files each time; nothing is cached. Safe for concurrent use; of two writers of one secret the last
// wins.
//
// A file holds one value on each line; empty lines and the end of the last line do not count. More than one
// value means that the secret is being rotated: all of them are good. Where $CREDENTIALS_DIRECTORY has a file
// of the name, it is taken instead.
class SecretStore {
 public:
  // `credentials` is $CREDENTIALS_DIRECTORY, or empty.
  explicit SecretStore(std::string folder, std::string credentials = {});

  // All values, newest first; at least one. Code::not_found, or Code::denied if somebody else could have
  // written or read the file.
  Result<std::vector<Secret>> get(std::string_view name) const;
  // Says which state of the secret get() would read, without reading it: another stamp means that it was set,
  // added to, removed, or put into the credentials folder. Empty if it is not there.
  std::string stamp(std::string_view name) const;
  // Replaces all values by this one. Code::invalid if it is empty or has a line break or a NUL.
  Status set(std::string_view name, const Secret& value);
  // Puts a value in front and keeps the others.
  Status add(std::string_view name, const Secret& value);
  // Code::not_found if it is not there. Secrets of the credentials folder cannot be removed.
  Status remove(std::string_view name);
  // Names in order, of both places. Files that no secret can have as a name are passed over.
  Result<std::vector<std::string>> list() const;

  // [a-z0-9][a-z0-9_.-]{0,63}
  static bool valid_name(std::string_view name);

 private:
  Status write(std::string_view name, const std::vector<Secret>& values);
  std::string folder_;
  std::string credentials_;
};

}  // namespace bus::auth
