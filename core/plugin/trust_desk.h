// Where a person decides whether a library is to be trusted: everything that there is to see of it.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/plugin/trust.h"

namespace bus::plugin {

struct TrustLook {
  Pin pin;                  // what TrustStore::add() would keep of it
  std::string sha256;       // of the file now
  std::string description;  // what it says of itself, JSON; see describe.h
  std::string signer;       // the id of the key that a signature beside it names; empty: there is none
  std::string comment;      // the signature's trusted comment, where a key was given
};

// The library at `path` (absolute; links are followed up to its folder). With a minisign key its signature
// must hold, and the pin is for the key; otherwise for its bytes. `program` is this bus, for the child.
// Code::denied or Code::invalid: it could not be loaded even if it were trusted, and why.
Result<TrustLook> look_at(const std::string& path, const std::string& key, const std::string& program);

}  // namespace bus::plugin
