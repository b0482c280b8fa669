// The messages of clients (INTAKE.md).
#include <algorithm>

#include "bus/cpp/text.hpp"
#include "sources/github/hook_check.h"
#include "sources/github/link.h"
#include "sources/github/polling.h"
#include "sources/github/redeliver.h"

namespace bus::github {
namespace {

constexpr std::uint64_t kLongestLease = 600;
constexpr std::int64_t kDay = 86'400, kSinceDefault = 3 * kDay;

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

IntakeReply wrong(const std::string& what) {
  return {invalid(what), {}};
}
IntakeReply errand_reply(std::uint64_t errand) {
  return {{}, JsonObject().number("errand", static_cast<std::int64_t>(errand)).done()};
}

// What is waited for; nullopt: the message does not say it well.
std::optional<Follow> follow_of(const Payload& message) {
  Follow follow;
  const std::string sha = lower(message.text("sha"));
  const auto run = message.number("run"), pull = message.number("pull");
  if (int{!sha.empty()} + int{run.has_value()} + int{pull.has_value()} != 1) return std::nullopt;
  follow.what = run ? What::run : pull ? What::pull : What::commit_runs;
  follow.subject = run ? std::to_string(*run) : pull ? std::to_string(*pull) : sha;
  if (!sha.empty() && !is_commit(sha)) return std::nullopt;
  return follow;
}

}  // namespace

std::optional<IntakeReply> Polling::on_message(const Payload& message) {
  const std::string op(message.text("op"));
  if (op == "status")
    return IntakeReply{{}, status_json(poller_, budget_, requests_.token_from(), host_.now_us())};
  if (op == "errand") return errands_.tell(message.number("errand").value_or(0));
  if (op == "check") return on_check();
  const bool ours = op == "watch" || op == "unwatch" || op == "follow" || op == "unfollow" || op == "poll" ||
                    op == "redeliver";
  if (!ours) return std::nullopt;
  const std::string_view repo = message.text("repo");
  if (!is_repo_name(repo) && !(op == "poll" && repo.empty())) return wrong("'repo' must be owner/repo");
  if (op == "watch" || op == "unwatch") return on_watch(message, op == "watch");
  if (op == "follow" || op == "unfollow") return on_follow(message, op == "follow");
  return op == "poll" ? on_poll(message) : on_redeliver(message);
}

IntakeReply Polling::on_watch(const Payload& message, bool add) {
  const std::string repo(message.text("repo"));
  const Watched* known = poller_.find(repo);
  if (!add && known != nullptr && known->configured && !known->watched)
    return wrong(repo + " is watched by the configuration: take it out of sources.github.repositories");
  const bool changed = add ? poller_.watch(repo) : poller_.unwatch(repo);
  if (add && !changed && poller_.find(repo) == nullptr)
    return {
        unavailable("no more than " + std::to_string(Poller::kMostRepos) + " repositories can be watched"),
        {}};
  if (changed) {
    if (add)
      watches_.push_back(repo);
    else
      std::erase_if(watches_, [&](const std::string& one) { return lower(one) == lower(repo); });
    remember_watches();
    forget_gone();
    step();
  }
  return {{}, JsonObject().text("repo", repo).flag("changed", changed).done()};
}

IntakeReply Polling::on_follow(const Payload& message, bool begin) {
  const std::string repo(message.text("repo"));
  auto follow = follow_of(message);
  if (!follow) return wrong("one of 'sha' (a whole commit id), 'run' and 'pull' must say what is waited for");
  if (!begin) {
    const bool changed = poller_.unfollow(repo, follow->what, follow->subject);
    return {{}, JsonObject().flag("changed", changed).done()};
  }
  const std::uint64_t lease = message.number("lease_s").value_or(0);
  if (lease < 1) return wrong("'lease_s' must be from 1 to 600");
  const auto granted = static_cast<std::int64_t>(std::min(lease, kLongestLease));
  const std::int64_t now = host_.now_us();
  follow->until_us = now + granted * Budget::kSecond;
  const What what = follow->what;
  const std::string subject = follow->subject;
  if (!poller_.follow(repo, std::move(*follow), now))
    return wrong("too much is waited for already: bus github status");
  step();
  const bool looked = poller_.looked(repo, what, subject);
  return {{}, JsonObject().number("lease_s", granted).flag("looked", looked).done()};
}

IntakeReply Polling::on_poll(const Payload& message) {
  Round round;
  round.errand = errands_.begin();
  round.before = requests_.figures();
  round.events = events_;
  const std::string named(message.text("repo"));
  std::vector<std::string> all;
  for (const auto& [key, repo] : poller_.repos()) {
    if (named.empty() || key == lower(named)) all.push_back(key);
  }
  if (all.empty()) {
    errands_.finish(round.errand, {},
                    named.empty() ? R"({"requests":0,"unchanged":0,"events":0})" : R"({"known":false})");
    return errand_reply(round.errand);
  }
  for (const std::string& key : all) {
    if (const auto until = poller_.poke(key)) round.until.emplace_back(key, *until);
  }
  const std::uint64_t errand = round.errand;
  rounds_.push_back(std::move(round));
  step();
  return errand_reply(errand);
}

IntakeReply Polling::on_redeliver(const Payload& message) {
  const std::uint64_t errand = errands_.begin();
  RedeliverWish wish;
  wish.repo = message.text("repo");
  wish.hook = message.number("hook");
  wish.paths = settings_.paths;
  const auto since = static_cast<std::int64_t>(message.number("since_s").value_or(kSinceDefault));
  wish.since_us = host_.now_us() - std::min<std::int64_t>(since, 365 * kDay) * Budget::kSecond;
  Redeliver::begin(
      settings_.api, std::move(wish),
      [this](Requests::Request request, Requests::Done done) { ask(std::move(request), std::move(done)); },
      [this, errand](const Status& status, const std::string& result) {
        errands_.finish(errand, status, result);
      });
  return errand_reply(errand);
}

IntakeReply Polling::on_check() {
  const std::uint64_t errand = errands_.begin();
  std::vector<std::string> repos;
  for (const auto& [key, repo] : poller_.repos()) {
    if (repo.configured || repo.watched) repos.push_back(repo.name);
  }
  HookCheck::begin(
      settings_.api, std::move(repos), settings_.paths, [this] { return requests_.token_from(); },
      [this](Requests::Request request, Requests::Done done) { ask(std::move(request), std::move(done)); },
      [this, errand](const Status& status, const std::string& result) {
        errands_.finish(errand, status, result);
      });
  return errand_reply(errand);
}

}  // namespace bus::github
