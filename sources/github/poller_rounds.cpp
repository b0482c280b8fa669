// Rounds of the poller: what is asked, in which order, and when the next one begins.
#include <algorithm>

#include "sources/github/poller.h"

namespace bus::github {
namespace {

constexpr std::int64_t kLeastPause = 1'000'000;
constexpr std::int64_t kDegradedPause = 900'000'000;  // where the last round found nothing to read

}  // namespace

Ask Poller::make(const Watched& repo, const std::string& key, What what, std::string subject) const {
  std::string path;
  switch (what) {
    case What::repository:
      break;
    case What::runs:
      path = "/actions/runs?per_page=30";
      break;
    case What::commit_runs:
      path = "/actions/runs?head_sha=" + subject + "&per_page=100";
      break;
    case What::run:
      path = "/actions/runs/" + subject;
      break;
    case What::jobs:
      path = "/actions/runs/" + subject + "/jobs?per_page=100";
      break;
    case What::checks:
      path = "/commits/" + subject + "/check-runs?per_page=100";
      break;
    case What::statuses:
      path = "/commits/" + subject + "/status?per_page=100";
      break;
    case What::pull:
      path = "/pulls/" + subject;
      break;
  }
  Ask ask;
  ask.what = what;
  ask.repo = key;
  ask.subject = std::move(subject);
  ask.url = api_ + repo.base + path;
  return ask;
}

void Poller::begin_round(const std::string& key, Watched& repo, std::int64_t now_us) {
  ++repo.round;
  repo.round_us = now_us;
  if (repo.changed_us == 0) repo.changed_us = now_us;  // it was not quiet, it was not looked at
  repo.again = repo.lost = false;
  repo.moves = 0;
  repo.requests = 0;
  std::erase_if(repo.refused, [&](const auto& one) { return one.second.until_us <= now_us; });
  repo.reason.clear();
  queue_lists(key, repo);
}

void Poller::queue_lists(const std::string& key, Watched& repo) {
  repo.queue.clear();
  repo.details = false;
  repo.list_seen_us = 0;
  repo.list_tag = {};
  if (!repo.named) repo.queue.push_back(make(repo, key, What::repository));
  if (repo.configured || repo.watched) repo.queue.push_back(make(repo, key, What::runs));
  for (Follow& follow : repo.follows) queue_follow(key, repo, follow);
}

void Poller::queue_follow(const std::string& key, Watched& repo, Follow& follow) {
  follow.asked_in = repo.round;
  const auto push = [&](What what, const std::string& subject) {
    if (!repo.refused.contains(what)) repo.queue.push_back(make(repo, key, what, subject));
  };
  if (follow.what == What::pull) push(What::pull, follow.subject);
  if (follow.what == What::run) push(What::run, follow.subject);
  const std::string& commit = follow.what == What::pull ? follow.head : follow.subject;
  if (follow.what == What::run || commit.empty()) return;
  for (const What what : {What::commit_runs, What::checks, What::statuses}) push(what, commit);
}

void Poller::queue_details(const std::string& key, Watched& repo) {
  repo.details = true;
  std::set<std::uint64_t> all = repo.active;
  all.insert(repo.closing.begin(), repo.closing.end());
  for (const std::uint64_t run : all) {
    const bool listed = repo.listed.contains(run) || repo.closing.contains(run);
    if (!listed && !repo.refused.contains(What::run))
      repo.queue.push_back(make(repo, key, What::run, std::to_string(run)));
    if (!repo.refused.contains(What::jobs))
      repo.queue.push_back(make(repo, key, What::jobs, std::to_string(run)));
  }
}

void Poller::finish_round(Watched& repo, std::int64_t now_us, const Budget& budget) {
  repo.finished = repo.round;
  repo.last_requests = std::max<std::size_t>(repo.requests, 1);
  // What two rounds did not ask for belongs to something that is over.
  std::erase_if(repo.tags, [&](const auto& one) { return one.second.round + 2 <= repo.round; });
  for (Follow& follow : repo.follows) follow.looked |= !repo.lost && follow.asked_in == repo.round;
  if (!repo.lost) {
    repo.condition = repo.refused.empty() ? Watched::Condition::ok : Watched::Condition::degraded;
    for (const auto& [what, why] : repo.refused) repo.reason = why.reason;
  }
  Situation situation;
  situation.active = !repo.active.empty();
  situation.waited_for = !repo.follows.empty();
  situation.fed = repo.webhook_us != 0;
  situation.quiet_us = now_us - repo.changed_us;
  double all = 0;
  for (const auto& [key, one] : repos_) all += static_cast<double>(one.last_requests);
  repo.every_us = std::max({pause_of(cadence_, situation), budget.pause_us(all, now_us), kLeastPause});
  if (repo.lost && !situation.waited_for) repo.every_us = std::max(repo.every_us, kDegradedPause);
  repo.next_us = repo.again ? now_us : std::max(repo.round_us + repo.every_us, now_us + kLeastPause);
}

}  // namespace bus::github
