// What the poller makes of an answer.
#include <algorithm>

#include "sources/github/link.h"
#include "sources/github/poller.h"

namespace bus::github {
namespace {

constexpr unsigned kMostMoves = 3;
constexpr std::int64_t kRefusedPause = 3'600'000'000;

// What of a repository can be missing without anything being wrong with it: a commit that was not pushed yet,
// a run that was deleted.
bool may_be_missing(What what) {
  return what != What::repository && what != What::runs;
}

std::string_view word_of(What what) {
  switch (what) {
    case What::jobs:
      return "jobs";
    case What::checks:
      return "checks";
    case What::statuses:
      return "commit statuses";
    case What::pull:
      return "pull requests";
    case What::repository:
      return "the repository";
    default:
      return "runs";
  }
}

std::string said(const Answered& answer) {
  std::string text = "GitHub answers " + std::to_string(answer.status);
  if (!answer.message.empty()) text.append(": ").append(answer.message.substr(0, 160));
  return text;
}

std::uint64_t number_of(const std::string& subject) {
  return std::strtoull(subject.c_str(), nullptr, 10);
}

}  // namespace

void Poller::answered(const Ask& ask, const Answered& answer, const Reading* reading,
                      const std::set<std::uint64_t>& moved, bool news, std::int64_t now_us) {
  const auto found = repos_.find(ask.repo);
  if (found == repos_.end() || !found->second.in_round()) return;
  Watched& repo = found->second;
  repo.asked_us = now_us;
  repo.status = answer.status;
  if (news) {
    repo.changed_us = now_us;
    // The webhook that should have told it has not come (yet): look for ourselves until one does.
    repo.webhook_us = 0;
  }
  if (answer.status == 304) return take_unchanged(ask, repo);
  if (answer.status == 200) return take_good(ask, repo, answer, reading, moved);
  if (answer.status >= 301 && answer.status <= 308) return take_moved(ask, repo, answer);
  take_refused(ask, repo, answer, now_us);
}

void Poller::take_good(const Ask& ask, Watched& repo, const Answered& answer, const Reading* reading,
                       const std::set<std::uint64_t>& moved) {
  if (reading == nullptr) return give_up_round(repo, "GitHub's answer is not what it should be");
  if (!reading->name.empty()) repo.name = reading->name;
  if (ask.what == What::repository) repo.named = true;
  if (ask.what == What::jobs) repo.closing.erase(number_of(ask.subject));
  const std::string next =
      ask.page < kMostPages && is_ours(answer.next) ? std::string(answer.next) : std::string();
  const Watched::Tag tag{std::string(answer.etag), next, repo.round};
  if (ask.what == What::pull) {
    for (Follow& follow : repo.follows) {
      if (follow.what != What::pull || follow.subject != ask.subject || follow.head == reading->head)
        continue;
      follow.head = reading->head;
      for (const What what : {What::commit_runs, What::checks, What::statuses})
        repo.queue.push_back(make(repo, ask.repo, what, follow.head));
    }
  }
  bool more = !next.empty();
  if (ask.what == What::runs) {
    if (ask.page == 1) repo.listed.clear();
    // Only as far back as something can have happened since.
    std::int64_t oldest = INT64_MAX;
    for (const RunSeen& run : reading->runs) {
      oldest = std::min(oldest, run.created_us);
      repo.list_seen_us = std::max(repo.list_seen_us, run.updated_us);
    }
    more = more && repo.seen_us != 0 && oldest > repo.seen_us;
    if (ask.page == 1) repo.list_tag = tag;
    if (!more) {
      repo.seen_us = std::max({repo.seen_us, repo.list_seen_us, std::int64_t{1}});
      if (!repo.list_tag.etag.empty()) repo.tags[make(repo, ask.repo, What::runs).url] = repo.list_tag;
    }
  } else if (!tag.etag.empty()) {
    repo.tags[ask.url] = tag;
  }
  take_runs(repo, *reading, moved);
  if (more) queue_page(ask, repo, next);
}

void Poller::take_runs(Watched& repo, const Reading& reading, const std::set<std::uint64_t>& moved) {
  for (const RunSeen& run : reading.runs) {
    repo.listed.insert(run.id);
    if (!run.over) {
      if (repo.active.size() < kMostActive) repo.active.insert(run.id);
    } else if ((repo.active.erase(run.id) != 0 || moved.contains(run.id)) &&
               repo.closing.size() < kMostClosing) {
      repo.closing.insert(run.id);
    }
  }
}

void Poller::take_unchanged(const Ask& ask, Watched& repo) {
  if (ask.what == What::jobs) repo.closing.erase(number_of(ask.subject));
  // Runs that are still under way by what is known are so: nobody has to ask for them alone.
  if (ask.what == What::run) repo.listed.insert(number_of(ask.subject));
  const auto tag = repo.tags.find(ask.url);
  if (tag == repo.tags.end()) return;
  tag->second.round = repo.round;
  if (ask.what != What::runs && !tag->second.next.empty()) queue_page(ask, repo, tag->second.next);
}

// Moved for good: remembered, and the name may be another one now. For the time being: only this request.
void Poller::take_moved(const Ask& ask, Watched& repo, const Answered& answer) {
  if (++repo.moves > kMostMoves) return give_up_round(repo, "GitHub sends us round in circles");
  if (!is_ours(answer.location))
    return give_up_round(repo, "GitHub sends us to another server, which gets no token");
  const bool for_good = answer.status == 301 || answer.status == 308;
  const std::string front = api_ + repo.base;
  if (for_good && ask.url.substr(0, front.size()) == front) {
    const std::string base =
        moved_base(answer.location, api_, std::string_view(ask.url).substr(front.size()));
    if (!base.empty() && base != repo.base) {
      repo.base = base;
      repo.named = false;
      repo.tags.clear();
      return queue_lists(ask.repo, repo);
    }
  }
  Ask there = ask;
  there.url = answer.location;
  there.etag.clear();
  repo.queue.push_front(std::move(there));
}

void Poller::take_refused(const Ask& ask, Watched& repo, const Answered& answer, std::int64_t now_us) {
  const bool missing = answer.status == 404 || answer.status == 409 || answer.status == 422;
  if (missing && may_be_missing(ask.what)) {
    if (ask.what == What::run || ask.what == What::jobs) {
      repo.active.erase(number_of(ask.subject));
      repo.closing.erase(number_of(ask.subject));
    }
    return;
  }
  if (answer.status == 403 && may_be_missing(ask.what)) {
    repo.refused[ask.what] = {std::string(word_of(ask.what)) + " cannot be read: " + said(answer),
                              now_us + kRefusedPause};
    std::erase_if(repo.queue, [&](const Ask& one) { return one.what == ask.what; });
    return;
  }
  std::string reason = said(answer);
  if (answer.status == 404) reason += " (there is no such repository, or the token may not see it)";
  if (answer.status == 451) reason += " (blocked for legal reasons)";
  give_up_round(repo, std::move(reason));
}

void Poller::give_up_round(Watched& repo, std::string reason) {
  repo.lost = true;
  repo.queue.clear();
  repo.details = true;
  repo.refused.clear();
  repo.condition = Watched::Condition::degraded;
  repo.reason = std::move(reason);
}

void Poller::queue_page(const Ask& ask, Watched& repo, const std::string& url) {
  if (ask.page >= kMostPages) return;
  Ask page = ask;
  page.url = url;
  page.etag.clear();
  ++page.page;
  repo.queue.push_front(std::move(page));
}

bool Poller::is_ours(std::string_view url) const {
  return !url.empty() && origin_of(url) == origin_of(api_);
}

}  // namespace bus::github
