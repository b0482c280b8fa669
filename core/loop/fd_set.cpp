#include "core/loop/fd_set.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

namespace bus::loop {
namespace {

constexpr FdSet::Id kWake = 0;  // the eventfd's, in the kernel's answers
constexpr int kMostAtOnce = 64;

int to_ms(nanoseconds limit) {
  if (limit.count() < 0) return -1;
  const auto ms = std::chrono::ceil<milliseconds>(limit).count();
  return static_cast<int>(std::min<std::int64_t>(ms, 1 << 30));
}

}  // namespace

Status FdSet::open() {
  if (epoll_) return Ok{};
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return system_error("cannot watch descriptors", errno);
  if (!wake_) wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWake;
  if (!wake_ || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0)
    return system_error("cannot watch descriptors", errno);
  epoll_ = std::move(epoll);
  return Ok{};
}

Status FdSet::tell_kernel(int operation, Id id, const Entry& entry) {
  epoll_event event{};
  event.events = entry.events;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.get(), operation, entry.fd, &event) == 0) return Ok{};
  const std::string who = "descriptor " + std::to_string(entry.fd);
  if (errno == EPERM) return error(Code::invalid, who + " is of a kind that cannot be watched");
  if (errno == EEXIST) return error(Code::invalid, who + " is watched already");
  if (errno == EBADF || errno == EINVAL || errno == ENOENT)
    return error(Code::invalid, who + " cannot be watched");
  return system_error("cannot watch " + who, errno);
}

Result<FdSet::Id> FdSet::add(int fd, std::uint32_t events, std::string_view what, Job job) {
  if (Status opened = open(); !opened) return std::move(opened).error();
  const Id id = last_ + 1;
  Entry entry{fd, events, what, std::make_shared<const Job>(std::move(job))};
  const auto same = std::find_if(entries_.begin(), entries_.end(),
                                 [fd](const auto& other) { return other.second.fd == fd; });
  // Asking the kernel also for a paused one finds out whether it can be watched.
  if (Status told = tell_kernel(EPOLL_CTL_ADD, id, entry); !told) return std::move(told).error();
  if (same != entries_.end()) {
    if (same->second.events == 0) {
      (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
      return error(Code::invalid, "descriptor " + std::to_string(fd) + " is watched already");
    }
    // The kernel has forgotten the other one: it was closed, and its number is in use again.
    --armed_;
    entries_.erase(same);
  }
  if (events == 0) (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  armed_ += events != 0 ? 1 : 0;
  last_ = id;
  entries_.emplace(id, std::move(entry));
  return id;
}

Status FdSet::modify(Id id, std::uint32_t events) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return error(Code::invalid, "no such watch");
  Entry changed = found->second;
  changed.events = events;
  const bool was = found->second.events != 0, is = events != 0;
  if (was || is) {
    const int operation = !was ? EPOLL_CTL_ADD : is ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    if (Status told = tell_kernel(operation, id, changed); !told) return told;
  }
  armed_ += is ? 1 : 0;
  armed_ -= was ? 1 : 0;
  found->second.events = events;
  return Ok{};
}

void FdSet::remove(Id id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  if (found->second.events != 0) {
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second.fd, nullptr);
    --armed_;
  }
  entries_.erase(found);
}

void FdSet::clear() {
  entries_.clear();
  ready_.clear();
  armed_ = 0;
  epoll_.reset();  // other threads use wake_ only
}

const FdSet::Entry* FdSet::find(Id id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const std::vector<FdSet::Ready>& FdSet::wait(nanoseconds limit) {
  ready_.clear();
  epoll_event events[kMostAtOnce];
  const int count = ::epoll_wait(epoll_.get(), events, kMostAtOnce, to_ms(limit));
  bool stale = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[i];
    const std::uint64_t tag = event.data.u64;  // the struct is packed: nobody may have a reference to it
    if (tag == kWake) {
      eventfd_t value = 0;
      (void)::eventfd_read(wake_.get(), &value);
    } else if (entries_.count(tag) != 0) {
      ready_.push_back({tag, event.events});
    } else {
      stale = true;
    }
  }
  if (stale) rebuild();
  return ready_;
}

// A descriptor was closed before its watch was removed, and a copy of it lives on somewhere: the kernel goes
// on reporting it, and takes no order about it any more. A new set knows only what is ours.
void FdSet::rebuild() {
  UniqueFd old = std::move(epoll_);
  if (!open()) {
    epoll_ = std::move(old);  // no descriptor to be had: better noisy than deaf
    return;
  }
  for (auto at = entries_.begin(); at != entries_.end();) {
    const bool lost = at->second.events != 0 && !tell_kernel(EPOLL_CTL_ADD, at->first, at->second);
    armed_ -= lost ? 1 : 0;
    at = lost ? entries_.erase(at) : std::next(at);
  }
}

void FdSet::wake() const {
  (void)::eventfd_write(wake_.get(), 1);
}

}  // namespace bus::loop
