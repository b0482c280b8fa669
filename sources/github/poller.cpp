#include "sources/github/poller.h"

#include <algorithm>

#include "sources/github/link.h"

namespace bus::github {
namespace {

constexpr std::int64_t kLongestLease = 600'000'000;
// What ended before is old: on the first look what ended so long ago, later what was updated so long before
// the latest that is known (GitHub's lists are not of one moment).
constexpr std::int64_t kFirstLook = 3'600'000'000;
constexpr std::int64_t kOverlap = 600'000'000;
// No pause of ours is longer; a due time beyond it comes from a clock that was set back.
constexpr std::int64_t kLongestPause = 7'200'000'000;

}  // namespace

const Watched* Poller::find(std::string_view name) const {
  const auto found = repos_.find(lower(name));
  return found == repos_.end() ? nullptr : &found->second;
}

Watched* Poller::add(std::string_view name) {
  const std::string key = lower(name);
  const auto found = repos_.find(key);
  if (found != repos_.end()) return &found->second;
  if (repos_.size() == kMostRepos) return nullptr;
  Watched& repo = repos_[key];
  repo.name = name;
  repo.base = "/repos/" + std::string(name);
  return &repo;
}

bool Poller::drop_unless_wanted(const std::string& key) {
  const auto found = repos_.find(key);
  if (found == repos_.end() || found->second.wanted()) return false;
  repos_.erase(found);
  return true;
}

bool Poller::configure(std::string_view name) {
  Watched* repo = add(name);
  if (repo == nullptr || repo->configured) return false;
  return repo->configured = true;
}

bool Poller::watch(std::string_view name) {
  Watched* repo = add(name);
  if (repo == nullptr || repo->watched) return false;
  if (!repo->configured) repo->next_us = 0;
  return repo->watched = true;
}

bool Poller::unwatch(std::string_view name) {
  const std::string key = lower(name);
  const auto found = repos_.find(key);
  if (found == repos_.end() || !found->second.watched) return false;
  found->second.watched = false;
  drop_unless_wanted(key);
  return true;
}

bool Poller::follow(std::string_view name, Follow follow, std::int64_t now_us) {
  std::size_t count = 0;
  for (const auto& [key, repo] : repos_) count += repo.follows.size();
  Watched* repo = add(name);
  if (repo == nullptr) return false;
  follow.until_us = std::min(follow.until_us, now_us + kLongestLease);
  const auto known = std::find_if(repo->follows.begin(), repo->follows.end(), [&](const Follow& one) {
    return one.what == follow.what && one.subject == follow.subject;
  });
  if (known != repo->follows.end()) {
    known->until_us = std::max(known->until_us, follow.until_us);
    return true;
  }
  if (count >= kMostFollows) return drop_unless_wanted(lower(name)), false;
  repo->follows.push_back(std::move(follow));
  if (repo->in_round())
    repo->again = true;
  else
    repo->next_us = 0;
  return true;
}

bool Poller::unfollow(std::string_view name, What what, std::string_view subject) {
  const std::string key = lower(name);
  const auto found = repos_.find(key);
  if (found == repos_.end()) return false;
  const std::size_t gone = std::erase_if(
      found->second.follows, [&](const Follow& one) { return one.what == what && one.subject == subject; });
  drop_unless_wanted(key);
  return gone != 0;
}

bool Poller::looked(std::string_view name, What what, std::string_view subject) const {
  const Watched* repo = find(name);
  return repo != nullptr && std::any_of(repo->follows.begin(), repo->follows.end(), [&](const Follow& one) {
           return one.what == what && one.subject == subject && one.looked;
         });
}

void Poller::drop_expired(std::int64_t now_us) {
  for (auto at = repos_.begin(); at != repos_.end();) {
    Watched& repo = at->second;
    std::erase_if(repo.follows, [&](const Follow& one) {
      return one.until_us <= now_us || one.until_us - now_us > kLongestLease;
    });
    at = repo.wanted() ? std::next(at) : repos_.erase(at);
  }
}

std::optional<Ask> Poller::next(std::int64_t now_us, const Budget& budget) {
  drop_expired(now_us);
  for (;;) {
    auto first = repos_.end();
    std::int64_t when = INT64_MAX;
    for (auto at = repos_.begin(); at != repos_.end(); ++at) {
      Watched& repo = at->second;
      if (repo.next_us - now_us > kLongestPause) repo.next_us = now_us;
      const std::int64_t due = repo.in_round() ? std::min(repo.round_us, now_us) : repo.next_us;
      if (due < when) first = at, when = due;
    }
    if (first == repos_.end() || when > now_us) return std::nullopt;
    auto& [key, repo] = *first;
    if (!repo.in_round()) begin_round(key, repo, now_us);
    if (repo.queue.empty() && !repo.details) queue_details(key, repo);
    if (repo.queue.empty()) {
      finish_round(repo, now_us, budget);
      continue;
    }
    Ask ask = std::move(repo.queue.front());
    repo.queue.pop_front();
    const auto tag = repo.tags.find(ask.url);
    if (tag != repo.tags.end()) ask.etag = tag->second.etag;
    ++repo.requests;
    return ask;
  }
}

void Poller::settle(std::int64_t now_us, const Budget& budget) {
  for (auto& [key, repo] : repos_) {
    if (!repo.in_round()) continue;
    if (repo.queue.empty() && !repo.details) queue_details(key, repo);
    if (repo.queue.empty()) finish_round(repo, now_us, budget);
  }
}

std::optional<std::int64_t> Poller::due_us(std::int64_t now_us) const {
  std::optional<std::int64_t> due;
  for (const auto& [key, repo] : repos_) {
    const std::int64_t one = repo.in_round() ? now_us : std::min(repo.next_us, now_us + kLongestPause);
    due = std::min(due.value_or(INT64_MAX), one);
  }
  return due;
}

bool Poller::wants(const Ask& ask, const RunSeen& run, std::int64_t now_us) const {
  const auto found = repos_.find(ask.repo);
  if (found == repos_.end()) return false;
  const Watched& repo = found->second;
  if (ask.what != What::runs || !run.over || repo.active.contains(run.id)) return true;
  return run.updated_us >= (repo.seen_us == 0 ? now_us - kFirstLook : repo.seen_us - kOverlap);
}

std::string Poller::name_of(const Ask& ask) const {
  const auto found = repos_.find(ask.repo);
  return found == repos_.end() ? ask.repo : found->second.name;
}

void Poller::again(Ask ask) {
  const auto found = repos_.find(ask.repo);
  if (found == repos_.end() || !found->second.in_round()) return;
  ask.etag.clear();
  found->second.queue.push_front(std::move(ask));
}

// A delivery may name the repository as it is called now, and it be watched under its old name.
void Poller::webhook(std::string_view name, std::int64_t now_us) {
  const std::string key = lower(name);
  for (auto& [watched_as, repo] : repos_) {
    if (watched_as == key || lower(repo.name) == key) repo.webhook_us = now_us;
  }
}

std::optional<std::uint64_t> Poller::poke(std::string_view name) {
  const auto found = repos_.find(lower(name));
  if (found == repos_.end()) return std::nullopt;
  Watched& repo = found->second;
  if (!repo.in_round()) return repo.next_us = 0, repo.finished + 1;
  repo.again = true;
  return repo.finished + 2;
}

}  // namespace bus::github
