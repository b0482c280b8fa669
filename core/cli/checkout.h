// The git checkout one stands in: which commit, and which repository at GitHub. Asks `git`, which knows what
// reading .git would have to know again: worktrees, packed and other forms of refs, tags, url.insteadOf.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace bus::cli {

// The full id of the commit that `revision` names (HEAD, a branch, a tag, the beginning of an id).
// Code::not_found: the checkout has no such commit. Code::invalid: there is no checkout, or no git.
Result<std::string> checkout_commit(const std::string& revision);

// "owner/repo": that of the remote to which the branch is pushed; else of origin, upstream, or the first
// other remote that is at GitHub. `own_host` is one more host that is GitHub (an Enterprise server); may be
// empty. Code::invalid: there is no checkout, no git, or no such remote.
Result<std::string> checkout_repo(std::string_view own_host);

// The parts of it that are pure.

struct Remote {
  std::string name;
  std::string url;
};

// What `git remote -v` printed: each remote with the URL that is fetched from.
std::vector<Remote> parse_remotes(std::string_view listing);

// "owner/repo" of a remote's URL (https, ssh, git, or user@host:path); nullopt if it is not at GitHub:
// github.com, its Enterprise hosts (github.…, ….ghe.com), or `own_host`.
std::optional<std::string> github_repo(std::string_view url, std::string_view own_host);

// Whether that is "owner/repo", in characters that GitHub has.
bool is_repo(std::string_view text);

}  // namespace bus::cli
