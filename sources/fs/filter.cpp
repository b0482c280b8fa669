#include "sources/fs/filter.h"

#include <algorithm>
#include <cstdlib>
#include <functional>

namespace bus::fs {
namespace {

constexpr std::size_t kMaxRules = 1u << 20;

std::string above(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string join(const std::string& folder, std::string_view name) {
  return (folder == "/" ? "/" : folder + "/") + std::string(name);
}

// git's own default of core.excludesFile.
std::string users_file() {
  const char* xdg = std::getenv("XDG_CONFIG_HOME");
  if (xdg != nullptr && *xdg != '\0') return std::string(xdg) + "/git/ignore";
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "" : std::string(home) + "/.config/git/ignore";
}

// The rules of a folder: those of its repository, where it is the top of one, come first and so count least.
std::string rules_text(Disk& disk, const std::string& folder, bool& top) {
  std::string text, own;
  top = disk.look(join(folder, ".git")).there;
  if (top && disk.read(join(folder, ".git/info/exclude"), kMaxRules, text) && !text.empty()) text += '\n';
  if (disk.read(join(folder, ".gitignore"), kMaxRules, own))
    text += own.starts_with("\xEF\xBB\xBF") ? own.substr(3) : own;
  return text;
}

}  // namespace

Filter::Filter(Disk& disk, std::string root, FilterSettings settings)
    : disk_(disk), root_(std::move(root)), settings_(std::move(settings)) {
  for (const std::string& pattern : settings_.exclude) exclude_.add(pattern);
  for (const std::string& pattern : settings_.include) include_.add(pattern);
}

void Filter::open() {
  folders_.clear();
  outer_.clear();
  users_own_ = Rules();
  device_ = disk_.look_through(root_).device;
  for (const std::string& path : settings_.folders) {
    const Look look = disk_.look_through(path);
    if (look.there) folders_.emplace_back(look.device, look.inode);
  }
  if (!settings_.gitignore) return;
  std::string text;
  if (const std::string file = users_file(); !file.empty() && disk_.read(file, kMaxRules, text)) {
    users_own_ = Rules(text);
  }
  // What is above the root counts only if it is in one repository with the root.
  if (disk_.look(join(root_, ".git")).there) return;
  std::vector<Outer> found;
  bool top = false;
  for (std::string folder = root_; !top && folder != "/";) {
    folder = above(folder);
    std::string prefix = root_.substr(folder == "/" ? 1 : folder.size() + 1) + "/";
    found.push_back({Rules(rules_text(disk_, folder, top)), std::move(prefix)});
  }
  if (top) outer_ = std::move(found);
}

std::uint32_t Filter::keep(Kept kept) {
  if (free_.empty()) {
    kept_.push_back(std::move(kept));
    return static_cast<std::uint32_t>(kept_.size());
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  kept_[place] = std::move(kept);
  return place + 1;
}

bool Filter::read_rules(Tree& tree, NodeId folder) {
  std::string path;
  if (!settings_.gitignore || !tree.path(folder, path)) return false;
  bool top = false;
  std::string text = rules_text(disk_, path.empty() ? root_ : join(root_, path), top);
  Folder& own = tree.folder(folder);
  const bool same_top = own.top == top;
  own.top = top;
  if (own.rules == 0 ? text.empty() : kept_[own.rules - 1].text == text) return !same_top;
  drop_rules(tree, folder);
  if (!text.empty()) {
    Rules rules(text);
    own.rules = keep({std::move(rules), std::move(text)});
  }
  return true;
}

void Filter::drop_rules(Tree& tree, NodeId folder) {
  Folder& own = tree.folder(folder);
  if (own.rules == 0) return;
  kept_[own.rules - 1] = Kept();
  free_.push_back(own.rules - 1);
  own.rules = 0;
}

Verdict Filter::judge_above(std::string_view path, bool is_folder) const {
  std::string whole;
  for (const Outer& outer : outer_) {
    whole.assign(outer.prefix).append(path);
    if (const Verdict verdict = outer.rules.judge(whole, is_folder); verdict != Verdict::silent)
      return verdict;
  }
  return Verdict::silent;
}

bool Filter::hidden(const Tree& tree, NodeId folder, std::string_view path, bool is_folder) const {
  const auto& only = settings_.only;
  if (!only.empty() && !std::binary_search(only.begin(), only.end(), path, std::less<>())) return true;
  for (const std::string& one : settings_.skip) {
    if (one.size() == root_.size() + 1 + path.size() && one.ends_with(path) && one.starts_with(root_))
      return true;
  }
  if (const Verdict verdict = exclude_.judge(path, is_folder); verdict != Verdict::silent)
    return verdict == Verdict::ignored;
  if (!settings_.gitignore) return false;
  std::size_t begin = path.rfind('/') + 1;  // of what is relative to the folder that is asked
  if (path.substr(begin) == ".git") return true;
  bool top = false;
  for (NodeId at = folder;; at = tree.parent(at)) {
    const Folder& own = tree.folder(at);
    if (own.rules != 0) {
      const Verdict verdict = kept_[own.rules - 1].rules.judge(path.substr(begin), is_folder);
      if (verdict != Verdict::silent) return verdict == Verdict::ignored;
    }
    top = own.top;
    if (top || at == kRoot) break;
    begin = begin < 2 ? 0 : path.rfind('/', begin - 2) + 1;
  }
  if (!top) {
    const Verdict verdict = judge_above(path, is_folder);
    if (verdict != Verdict::silent) return verdict == Verdict::ignored;
  }
  if (users_own_.empty()) return false;
  std::string whole(top || outer_.empty() ? "" : outer_.back().prefix);
  whole.append(top ? path.substr(begin) : path);
  return users_own_.judge(whole, is_folder) == Verdict::ignored;
}

bool Filter::foreign(const Look& look, const std::string& path) const {
  const std::pair<std::uint64_t, std::uint64_t> id(look.device, look.inode);
  if (std::find(folders_.begin(), folders_.end(), id) != folders_.end()) return true;
  return look.device != device_ && disk_.made_up(path);
}

bool Filter::included(std::string_view path, bool is_folder) const {
  if (include_.empty()) return true;
  // A pattern that takes a folder takes all that is in it.
  for (std::size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
    if (include_.judge(path.substr(0, end), true) == Verdict::ignored) return true;
  }
  return include_.judge(path, is_folder) == Verdict::ignored;
}

}  // namespace bus::fs
