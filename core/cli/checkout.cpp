#include "core/cli/checkout.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/process/supervise.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMostOutput = 1u << 20;
constexpr seconds kPatience{10};
constexpr std::string_view kInstead = "say it yourself: --repo OWNER/REPO --sha COMMIT";

struct Answer {
  int status = 0;
  std::string out, err;

  bool good() const { return status == 0; }
};

Result<UniqueFd> memory_file() {
  UniqueFd file(::memfd_create("bus-git", MFD_CLOEXEC));
  if (file.get() < 0) return system_error("memfd_create", errno);
  return file;
}

Result<std::string> content(const UniqueFd& file) {
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return system_error("lseek", errno);
  return read_all(file.get(), kMostOutput);
}

// Runs `git WORDS...` here, to its end.
Result<Answer> git(std::vector<std::string> words) {
  const char* search = std::getenv("PATH");
  auto path = process::resolve("git", search == nullptr ? "" : search);
  if (!path)
    return error(Code::invalid, "git is not there to be asked for the commit", std::string(kInstead));
  auto out = memory_file();
  if (!out) return std::move(out).error();
  auto err = memory_file();
  if (!err) return std::move(err).error();
  process::Program program;
  program.path = std::move(*path);
  program.argv = {"git"};
  program.argv.insert(program.argv.end(), words.begin(), words.end());
  static const process::Variable kVariables[] = {
      {"LC_ALL", "C"}, {"GIT_OPTIONAL_LOCKS", "0"}, {"GIT_TERMINAL_PROMPT", "0"}};
  program.env = process::merge_environment(process::own_environment(), kVariables);
  program.out = {process::Output::Kind::fd, out->get()};
  program.err = {process::Output::Kind::fd, err->get()};
  process::Spawner& spawner = process::system_spawner();
  auto child = spawner.start(program);
  if (!child) return std::move(child).error();
  const auto exit = process::wait_for(spawner, *child, kPatience);
  if (!exit) return exit.error();
  if (!*exit) {
    (void)process::stop(spawner, *child, seconds(0), system_clock());
    return error(Code::timeout, "git " + words.front() + " does not answer");
  }
  auto text = content(*out);
  if (!text) return std::move(text).error();
  auto complaint = content(*err);
  if (!complaint) return std::move(complaint).error();
  return Answer{(*exit)->status(), std::move(*text), std::move(*complaint)};
}

std::string first_line(std::string_view text) {
  return std::string(trim(split(trim(text), '\n').front()));
}

// That we stand in a checkout that git is willing to read.
Status check_checkout() {
  const auto answer = git({"rev-parse", "--git-dir"});
  if (!answer) return answer.error();
  if (answer->good()) return Ok{};
  return error(Code::invalid, "no checkout to read the commit from: " + first_line(answer->err),
               std::string(kInstead));
}

// The remote that the current branch is pushed to; empty if it has none, or HEAD is detached.
Result<std::string> push_remote() {
  const auto branch = git({"symbolic-ref", "--quiet", "HEAD"});
  if (!branch) return branch.error();
  if (!branch->good()) return std::string();
  const auto remote = git({"for-each-ref", "--format=%(push:remotename)", first_line(branch->out)});
  if (!remote) return remote.error();
  return remote->good() ? first_line(remote->out) : std::string();
}

bool is_github(std::string_view host, std::string_view own_host) {
  const std::string name = lower_ascii(host);
  return name == "github.com" || name == "ssh.github.com" || name.starts_with("github.") ||
         name.ends_with(".ghe.com") || (!own_host.empty() && name == lower_ascii(own_host));
}

}  // namespace

Result<std::string> checkout_commit(const std::string& revision) {
  if (Status there = check_checkout(); !there) return std::move(there).error();
  Error unknown = error(Code::not_found, "this checkout has no commit '" + revision + "'",
                        "HEAD, a branch, a tag, or a commit's id");
  if (revision.empty() || revision.front() == '-') return unknown;
  const auto answer = git({"rev-parse", "--verify", "--quiet", revision + "^{commit}"});
  if (!answer) return answer.error();
  if (!answer->good()) return unknown;
  return first_line(answer->out);
}

Result<std::string> checkout_repo(std::string_view own_host) {
  if (Status there = check_checkout(); !there) return std::move(there).error();
  const auto listing = git({"remote", "-v"});
  if (!listing) return listing.error();
  auto first = push_remote();
  if (!first) return std::move(first).error();
  const auto rank = [&](const Remote& remote) {
    return remote.name == *first ? 0 : remote.name == "origin" ? 1 : remote.name == "upstream" ? 2 : 3;
  };
  std::vector<Remote> remotes = parse_remotes(listing->out);
  std::stable_sort(remotes.begin(), remotes.end(),
                   [&](const Remote& a, const Remote& b) { return rank(a) < rank(b); });
  for (const Remote& remote : remotes) {
    if (auto repo = github_repo(remote.url, own_host)) return std::move(*repo);
  }
  return error(Code::invalid,
               remotes.empty() ? "this checkout has no remote" : "no remote of this checkout is at GitHub",
               "say the repository yourself: --repo OWNER/REPO");
}

std::vector<Remote> parse_remotes(std::string_view listing) {
  std::vector<Remote> remotes;
  for (const std::string_view line : split(listing, '\n')) {
    const auto tab = line.find('\t');
    const auto end = line.rfind(" (fetch)");
    if (tab == std::string_view::npos || end == std::string_view::npos || end < tab) continue;
    remotes.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1, end - tab - 1))});
  }
  return remotes;
}

std::optional<std::string> github_repo(std::string_view url, std::string_view own_host) {
  std::string_view path;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const auto slash = url.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    path = url.substr(slash + 1);
    url = url.substr(0, slash);
  } else {
    const auto colon = url.find(':');
    if (colon == std::string_view::npos || url.substr(0, colon).find('/') != std::string_view::npos)
      return std::nullopt;
    path = url.substr(colon + 1);
    url = url.substr(0, colon);
  }
  if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  url = url.substr(0, url.find(':'));
  if (!is_github(url, own_host)) return std::nullopt;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  if (!is_repo(path)) return std::nullopt;
  return std::string(path);
}

bool is_repo(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) return false;
  return std::count(text.begin(), text.end(), '/') == 1 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace bus::cli
