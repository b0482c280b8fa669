#include "core/cli/watch_lease.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/base/file.h"
#include "core/base/text.h"

namespace bus::cli {
namespace {

// Where a descriptor of ours writes to, if that is a file.
std::string file_behind(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return {};
  std::error_code failure;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), failure);
  return failure ? std::string() : path.string();
}

// When this process was started, as the kernel counts: with the pid it tells us from all others.
std::uint64_t own_start() {
  const auto text = read_file("/proc/self/stat", 4096);
  if (!text) return 0;
  std::size_t at = text->rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text->find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at, nullptr, 10);
}

Result<WatchWish::Root> root_of(const std::string& given) {
  std::error_code failure;
  const auto whole = std::filesystem::absolute(given, failure);
  if (failure || given.empty()) return error(Code::invalid, "'" + given + "' is no path");
  std::string path = whole.lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return WatchWish::Root{given, std::move(path)};
}

void write_list(json::Writer& out, std::string_view name, const std::vector<std::string>& list, bool names) {
  if (list.empty()) return;
  out.key(name).begin_array();
  for (const std::string& one : list) out.string(names ? escaped_name(one) : one);
  out.end_array();
}

client::Call lease_call(std::string_view source, const WatchWish& wish) {
  client::Call call("deliver");
  json::Writer& out = call.params();
  out.member("source", source).key("message").begin_object();
  out.member("pid", ::getpid()).member("started", own_start()).key("watch").begin_object();
  std::vector<std::string> paths;
  paths.reserve(wish.roots.size());
  for (const WatchWish::Root& root : wish.roots) paths.push_back(root.path);
  write_list(out, "paths", paths, true);
  write_list(out, "include", wish.include, false);
  write_list(out, "exclude", wish.exclude, false);
  write_list(out, "skip", wish.skip, true);
  out.member("gitignore", wish.gitignore).member("each", wish.each).member("while_open", wish.while_open);
  out.member("debounce_us", wish.debounce.count()).member("max_wait_us", wish.max_wait.count());
  out.end_object().end_object();
  return call;
}

// The name of an instance that watches files, where it is not the plugin's.
Result<std::string> find_source(client::Connection& host) {
  const auto result = host.ask(client::Call("plugins"));
  if (!result) return result.error();
  for (const json::Node one : (*result)["plugins"].elements()) {
    if (one["plugin"].string_or("") == "fs" && one["role"].string_or("") == "source")
      return std::string(one["name"].string_or(""));
  }
  return error(Code::not_found, "no source of this host watches files",
               "the plugin fs is missing, or switched off: bus plugins list");
}

}  // namespace

std::string escaped_name(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < name.size() && !is_utf8(name.substr(0, length))) ++length;
    if (!is_utf8(name.substr(0, length))) {
      text.append("\\x").append(hex(name.substr(0, 1)));
      length = 1;
    } else {
      if (name[0] == '\\') text += '\\';
      text += name.substr(0, length);
    }
    name.remove_prefix(length);
  }
  return text;
}

std::string shown_path(const WatchWish& wish, std::string_view root, std::string_view path) {
  std::string whole = (root == "/" ? "/" : std::string(root) + "/") + std::string(path);
  for (const WatchWish::Root& one : wish.roots) {
    const std::string own = escaped_name(one.path);
    std::string given = escaped_name(one.given);
    if (own == whole) return given;
    if (own != root) continue;
    if (given == ".") return std::string(path);
    return given + (given.ends_with('/') ? "" : "/") + std::string(path);
  }
  return whole;
}

Result<WatchWish> watch_wish(const Session& session) {
  const Arguments& args = session.args();
  WatchWish wish;
  for (const std::string& given : args.positionals()) {
    auto root = root_of(given);
    if (!root) return std::move(root).error();
    wish.roots.push_back(std::move(*root));
  }
  wish.include = args.all("include");
  wish.exclude = args.all("exclude");
  wish.gitignore = !args.has("no-gitignore");
  wish.each = args.has("each");
  wish.while_open = args.has("while-open");
  for (const auto& [name, into] :
       {std::pair("debounce", &wish.debounce), std::pair("max-wait", &wish.max_wait)}) {
    const auto value = args.duration(name);
    if (!value) return value.error();
    if (*value) *into = **value;
  }
  // What we print into a watched folder must not be a change to print.
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    if (std::string path = file_behind(fd); !path.empty()) wish.skip.push_back(std::move(path));
  }
  return wish;
}

Result<WatchLease> take_watch_lease(client::Connection& host, const WatchWish& wish) {
  auto result = host.ask(lease_call("fs", wish));
  if (!result && result.error().code == Code::not_found) {
    const auto source = find_source(host);
    if (!source) return source.error();
    result = host.ask(lease_call(*source, wish));
  }
  if (!result) return std::move(result).error();
  const json::Node reply = (*result)["reply"];
  WatchLease lease;
  lease.watch = std::string(reply["watch"].string_or(""));
  lease.ready = reply["ready"].boolean().value_or(false);
  const std::int64_t renew = reply["renew_s"].integer().value_or(0);
  if (renew > 0) lease.renew = std::chrono::seconds(renew);
  return lease;
}

}  // namespace bus::cli
