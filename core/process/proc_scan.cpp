#include "core/process/proc_scan.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "core/base/file.h"
#include "core/base/mutex.h"
#include "core/base/unique_fd.h"
#include "core/process/descendants.h"

namespace bus::process {
namespace {

// What getdents64() writes: a header, and a name that ends in NUL.
struct Listed {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t kNameAt = 19;

// A few names at a time: the kernel lists by number, so that a process that has passed itself on by fork
// since the walk began is met under its new, higher one. readdir() asks for a thousand at once.
constexpr std::size_t kListAtOnce = 256;

constexpr milliseconds kFresh{20};
constexpr int kFreshWalks = 8;
constexpr std::size_t kEnvironment = 4u << 20;

UniqueFd open_of(pid_t pid, std::string_view file) {
  std::array<char, 48> path{};
  std::string_view folder = "/proc/";
  char* at = std::copy(folder.begin(), folder.end(), path.data());
  at = std::to_chars(at, path.data() + path.size(), pid).ptr;
  std::copy(file.begin(), file.end(), at);
  return UniqueFd(::open(path.data(), O_RDONLY | O_CLOEXEC));
}

// The next number of a line of them; moves on.
template <class Number>
void take_number(std::string_view& text, Number& number) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  text.remove_prefix(std::min(text.find(' ', static_cast<std::size_t>(end - text.data())), text.size()));
}

struct Latest {
  Mutex mutex;
  std::weak_ptr<const ProcessTable> table BUS_GUARDED_BY(mutex);
};

Latest& latest() {
  static Latest one;
  return one;
}

}  // namespace

bool each_process(const std::function<bool(pid_t)>& each) {
  const UniqueFd folder(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return false;
  alignas(Listed) std::array<char, kListAtOnce> names{};
  for (;;) {
    const long got = ::syscall(SYS_getdents64, folder.get(), names.data(), names.size());
    if (got <= 0) return got == 0;
    Listed entry{};
    for (std::size_t at = 0; at < static_cast<std::size_t>(got); at += entry.length) {
      std::memcpy(&entry, names.data() + at, kNameAt);
      const std::string_view name = names.data() + at + kNameAt;
      pid_t pid = 0;
      const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
      if (failed != std::errc() || end != name.data() + name.size()) continue;
      if (!each(pid)) return true;
    }
  }
}

// "1234 (any name) S parent group session …", the start is the 22nd field.
std::optional<ProcessEntry> read_process(pid_t pid) {
  const UniqueFd fd = open_of(pid, "/stat");
  std::array<char, 512> buffer{};
  const ssize_t got = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : 0;
  if (got <= 0) return std::nullopt;  // it has just ended
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  const auto bracket = text.rfind(')');
  if (bracket == std::string_view::npos || bracket + 4 > text.size()) return std::nullopt;
  ProcessEntry entry;
  entry.pid = pid;
  entry.state = text[bracket + 2];
  text.remove_prefix(bracket + 3);
  take_number(text, entry.parent);
  take_number(text, entry.group);
  take_number(text, entry.session);
  for (int skipped = 7; skipped <= 21; ++skipped) {
    long long any = 0;
    take_number(text, any);
  }
  take_number(text, entry.start);
  return entry;
}

std::string run_of(pid_t pid) {
  const UniqueFd fd = open_of(pid, "/environ");
  if (!fd) return {};
  const auto all = read_all(fd.get(), kEnvironment);
  if (!all) return {};
  std::string_view rest = *all;
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(kRunVariable) && entry.substr(kRunVariable.size()).starts_with('='))
      return std::string(entry.substr(kRunVariable.size() + 1));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return {};
}

std::shared_ptr<const ProcessTable> ProcessTable::take() {
  const auto table = std::make_shared<ProcessTable>();
  table->begun_ = system_clock().monotonic();
  auto& entries = table->entries_;
  table->complete_ = each_process([&](pid_t pid) {
    const auto entry = read_process(pid);
    if (!entry) return true;
    entries.push_back(*entry);
    // At once: it may have passed itself on and be gone a moment later.
    if (std::string run = entry->zombie() ? "" : run_of(pid); !run.empty())
      table->by_run_.emplace_back(std::move(run), entries.size() - 1);
    return true;
  });
  const std::array<std::pair<Index*, pid_t ProcessEntry::*>, 4> indexes = {
      {{&table->by_pid_, &ProcessEntry::pid},
       {&table->by_parent_, &ProcessEntry::parent},
       {&table->by_group_, &ProcessEntry::group},
       {&table->by_session_, &ProcessEntry::session}}};
  for (const auto& [index, key] : indexes) {
    index->reserve(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].zombie() || index == &table->by_pid_) index->emplace_back(entries[i].*key, i);
    }
    std::sort(index->begin(), index->end());
  }
  std::sort(table->by_run_.begin(), table->by_run_.end());
  table->took_ = system_clock().monotonic() - table->begun_;
  return table;
}

std::shared_ptr<const ProcessTable> ProcessTable::begun_after(Mono since) {
  Latest& newest = latest();
  MutexLock lock(newest.mutex);
  auto table = newest.table.lock();
  if (!table || table->begun() <= since) newest.table = table = take();
  return table;
}

Mono ProcessTable::recently() {
  Latest& newest = latest();
  MutexLock lock(newest.mutex);
  const auto table = newest.table.lock();
  const nanoseconds walks = table ? kFreshWalks * table->took_ : nanoseconds(0);
  return system_clock().monotonic() - std::max<nanoseconds>(kFresh, walks);
}

const ProcessEntry* ProcessTable::find(pid_t pid) const {
  const auto at = std::lower_bound(by_pid_.begin(), by_pid_.end(), std::pair(pid, std::size_t{0}));
  return at == by_pid_.end() || at->first != pid ? nullptr : &entries_[at->second];
}

void ProcessTable::select(const Index& index, pid_t key, Each& found) const {
  auto at = std::lower_bound(index.begin(), index.end(), std::pair(key, std::size_t{0}));
  for (; at != index.end() && at->first == key; ++at) found.push_back(&entries_[at->second]);
}

void ProcessTable::children_of(pid_t pid, Each& found) const {
  select(by_parent_, pid, found);
}

void ProcessTable::group_or_session(pid_t leader, Each& found) const {
  select(by_group_, leader, found);
  select(by_session_, leader, found);
}

void ProcessTable::marked(const std::string& run, Each& found) const {
  auto at = std::lower_bound(by_run_.begin(), by_run_.end(), std::pair(run, std::size_t{0}));
  for (; at != by_run_.end() && at->first == run; ++at) found.push_back(&entries_[at->second]);
}

std::vector<pid_t> children_of_main_thread() {
  std::vector<pid_t> all;
  const pid_t us = ::getpid();
  if (const UniqueFd fd = open_of(us, "/task/" + std::to_string(us) + "/children")) {
    const auto text = read_all(fd.get(), kEnvironment);
    if (!text) return all;
    std::string_view rest = *text;
    while (rest.find_first_not_of(" \n") != std::string_view::npos) {
      pid_t pid = 0;
      take_number(rest, pid);
      if (pid > 0) all.push_back(pid);
    }
    return all;
  }
  // A kernel without that file.
  each_process([&all, us](pid_t pid) {
    const auto entry = read_process(pid);
    if (entry && entry->parent == us) all.push_back(pid);
    return true;
  });
  return all;
}

bool anyone_runs_in(pid_t pgid) {
  bool anyone = false;
  const bool complete = each_process([&anyone, pgid](pid_t pid) {
    const auto entry = read_process(pid);
    anyone = entry && entry->group == pgid && !entry->zombie();
    return !anyone;
  });
  return anyone || !complete;
}

}  // namespace bus::process
