// Minisign: signatures of files by ed25519 keys, in the text form of the program of that name
// (jedisct1.github.io/minisign). Only checking; keys are made and files signed with that program.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/auth/ed25519.h"
#include "core/base/result.h"

namespace bus::plugin {

inline constexpr std::size_t kMaxMinisignText = 16u << 10;  // a key file or a signature file

// A public key. Safe for concurrent use.
class MinisignKey {
 public:
  // From a key file, or its second line alone, which is how keys are published. Code::invalid otherwise.
  static Result<MinisignKey> parse(std::string_view text);

  const std::string& text() const { return text_; }  // that line
  const std::string& id() const { return id_; }      // "BC0D62E4C5A8D5B4", as minisign shows it

  // Checks a signature file over `bytes`, of either algorithm ("Ed": the bytes themselves, "ED": their
  // BLAKE2b-512), and the signature over its trusted comment, which is the value. Code::invalid: the file is
  // malformed. Code::denied: it is of another key, or does not hold.
  Result<std::string> verify(std::string_view signature_file, std::string_view bytes) const;

 private:
  MinisignKey(std::string text, std::string raw_id, auth::Ed25519Key key);
  std::string text_, raw_id_, id_;
  auth::Ed25519Key key_;
};

// The id of the key that a signature file names, whether it holds or not; empty if it is malformed.
std::string minisign_signer(std::string_view signature_file);

}  // namespace bus::plugin
