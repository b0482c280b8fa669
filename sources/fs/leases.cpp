#include "sources/fs/leases.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

#include "sources/fs/roots.h"

namespace bus::fs {
namespace {

// Field 22 of /proc/PID/stat; nullopt if there is no such process of ours.
std::optional<std::uint64_t> start_of(std::int32_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(in, text)) return std::nullopt;
  std::size_t at = text.rfind(')');  // the name may have anything in it
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoull(text.c_str() + at, nullptr, 10);
}

// The watch's name is made of what is wished, so that the same wish is the same watch.
std::string id_of(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::array<char, 24> id;
  std::snprintf(id.data(), id.size(), "w%016llx", static_cast<unsigned long long>(value));
  return id.data();
}

std::string wish_of(const LeaseRequest& request) {
  std::string text;
  const auto add = [&](const std::string& part) { text.append(part).push_back('\0'); };
  const auto add_all = [&](const std::vector<std::string>& parts) {
    for (const std::string& part : parts) add(part);
    add({});
  };
  const WatcherSettings& settings = request.settings;
  const FilterSettings& filter = settings.mirror.filter;
  add_all(request.paths);
  add_all(filter.include);
  add_all(filter.exclude);
  add_all(filter.skip);
  for (const std::int64_t number :
       {settings.debounce_us, settings.max_wait_us, std::int64_t{settings.each},
        std::int64_t{filter.gitignore}, std::int64_t{settings.mirror.recursive},
        std::int64_t{settings.while_open}, static_cast<std::int64_t>(settings.limit)}) {
    add(std::to_string(number));
  }
  return text;
}

}  // namespace

Leases::Holder::~Holder() {
  ended.stop();
  if (fd >= 0) ::close(fd);
}

std::size_t Leases::holders() const {
  std::size_t count = 0;
  for (const auto& [id, watch] : watches_) count += watch->holders.size();
  return count;
}

Status Leases::take(std::string_view json, std::string& reply) {
  LeaseRequest request;
  if (Status read = read_lease(json, request); !read.ok()) return read;
  const std::string id = id_of(wish_of(request));
  const auto known = watches_.find(id);
  std::vector<MirrorSettings> roots;
  if (known == watches_.end()) {
    if (watches_.size() >= kMostWatches) return unavailable("too many watches are asked for already");
    request.settings.mirror.filter.folders = own_folders();
    roots = roots_of(request.paths, request.settings.mirror);
    if (roots.size() > kMostRoots) return invalid("files of too many folders, or too many folders");
  }
  if (holders() >= kMostHolders) return unavailable("too many clients watch already");
  Watch& watch = known == watches_.end() ? open(id, request, std::move(roots)) : *known->second;
  const bool seen = hold(id, watch, request);
  const bool ready = std::all_of(watch.watchers.begin(), watch.watchers.end(),
                                 [](const auto& watcher) { return watcher->ready(); });
  reply = "{\"watch\":\"" + id + "\",\"ready\":" + (ready ? "true" : "false") +
          ",\"renew_s\":" + (seen ? "0" : "20") + "}";
  return {};
}

Leases::Watch& Leases::open(const std::string& id, const LeaseRequest& request,
                            std::vector<MirrorSettings> roots) {
  Watch& watch = *(watches_[id] = std::make_unique<Watch>(host_));
  for (MirrorSettings& root : roots) {
    WatcherSettings settings = request.settings;
    settings.watch = id;
    settings.mirror = std::move(root);
    watch.watchers.push_back(std::make_unique<Watcher>(host_, std::move(settings), told_));
    watch.watchers.back()->start();
  }
  return watch;
}

// True if the client's process is seen, so that its end will be.
bool Leases::hold(const std::string& id, Watch& watch, const LeaseRequest& request) {
  if (request.pid > 0 && request.started != 0) {
    auto& holder = watch.holders[request.pid];
    if (holder != nullptr && holder->started == request.started) return true;
    holder = std::make_unique<Holder>(host_);
    holder->started = request.started;
    holder->fd = static_cast<int>(::syscall(SYS_pidfd_open, request.pid, 0));
    // Asked behind pidfd_open: it is that process, and no later one with its number.
    const auto gone = [this, id, pid = request.pid](std::uint32_t) {
      watches_.at(id)->holders.erase(pid);
      drop_if_unheld(id);
    };
    if (holder->fd >= 0 && start_of(request.pid) == request.started &&
        holder->ended.start(holder->fd, BUS_FD_READABLE, gone).ok())
      return true;
    watch.holders.erase(request.pid);
  }
  (void)watch.term.once(std::chrono::microseconds(kTerm), [this, id] { drop_if_unheld(id); });
  return false;
}

void Leases::drop_if_unheld(const std::string& id) {
  const auto found = watches_.find(id);
  if (found == watches_.end() || !found->second->holders.empty() || found->second->term.armed()) return;
  const std::unique_ptr<Watch> dropped = std::move(found->second);
  watches_.erase(found);
  told_(true);
}

void Leases::each(const std::function<void(const Watcher&)>& visit) const {
  for (const auto& [id, watch] : watches_) {
    for (const auto& watcher : watch->watchers) visit(*watcher);
  }
}

}  // namespace bus::fs
