#include "sources/github/status.h"

#include <chrono>
#include <cstdio>

#include "bus/cpp/text.hpp"

namespace bus::github {
namespace {

// From so many tries without an answer on it is no hiccup.
constexpr unsigned kTrouble = 2;

std::string_view name_of(Watched::Condition condition) {
  constexpr std::string_view kNames[] = {"new", "ok", "degraded"};
  return kNames[static_cast<std::size_t>(condition)];
}

std::string_view name_of(What what) {
  return what == What::run ? "run" : what == What::pull ? "pull" : "commit";
}

std::string budget_json(const Budget& budget, std::int64_t now_us) {
  JsonObject out;
  if (const auto view = budget.view(now_us)) {
    out.number("limit", view->limit).number("remaining", view->remaining).number("reserve", view->reserve);
    out.text("reset", time_text(view->reset_us));
  }
  if (const std::int64_t free = budget.free_at(now_us); free > now_us)
    out.text("blocked_until", time_text(free)).text("why", budget.why(now_us));
  return out.done();
}

std::string repo_json(const Watched& repo, std::int64_t now_us) {
  JsonObject out;
  out.text("repo", repo.name);
  out.text("origin", repo.configured ? "configuration" : repo.watched ? "watch" : "follow");
  out.text("state", name_of(repo.condition)).text("reason", repo.reason);
  if (repo.base != "/repos/" + repo.name) out.text("moved_to", repo.base);
  out.number("active", static_cast<std::int64_t>(repo.active.size()));
  if (repo.asked_us != 0) out.text("asked", time_text(repo.asked_us)).number("status", repo.status);
  if (repo.changed_us != 0) out.text("changed", time_text(repo.changed_us));
  if (repo.every_us != 0) out.number("every_s", repo.every_us / Budget::kSecond);
  out.text("next", time_text(repo.in_round() || repo.next_us == 0 ? now_us : repo.next_us));
  if (repo.webhook_us != 0) out.text("webhook", time_text(repo.webhook_us));
  return out.done();
}

}  // namespace

std::string time_text(std::int64_t us) {
  const std::chrono::sys_seconds at{std::chrono::seconds(us / Budget::kSecond)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return out;
}

Trouble trouble_of(const Poller& poller, const Budget& budget, std::int64_t now_us) {
  using Kind = Trouble::Kind;
  if (poller.repos().empty()) return {};
  const std::int64_t free = budget.free_at(now_us);
  if (budget.is_denied()) return {Kind::waiting, "GitHub does not accept the token: bus github status"};
  if (free > now_us && budget.failures() >= kTrouble && !budget.is_limited())
    return {Kind::retrying, budget.why(now_us)};
  if (free > now_us && (budget.failures() == 0 || budget.is_limited()))
    return {Kind::degraded, "not looked at until " + time_text(free) + ": " + budget.why(now_us)};
  for (const auto& [key, repo] : poller.repos()) {
    if (repo.condition == Watched::Condition::degraded && !repo.reason.empty())
      return {Kind::degraded, repo.name + ": " + repo.reason};
  }
  return {};
}

std::string status_json(const Poller& poller, const Budget& budget, std::string_view token_from,
                        std::int64_t now_us) {
  std::string repos = "[", follows = "[";
  for (const auto& [key, repo] : poller.repos()) {
    if (repos.size() > 1) repos += ',';
    repos += repo_json(repo, now_us);
    for (const Follow& follow : repo.follows) {
      if (follows.size() > 1) follows += ',';
      follows += JsonObject()
                     .text("repo", repo.name)
                     .text("what", std::string(name_of(follow.what)) + " " + follow.subject)
                     .text("until", time_text(follow.until_us))
                     .done();
    }
  }
  const Trouble trouble = trouble_of(poller, budget, now_us);
  JsonObject out;
  out.text("state", trouble.kind == Trouble::Kind::none ? "ok" : "degraded").text("reason", trouble.what);
  out.text("token", token_from).json("budget", budget_json(budget, now_us));
  out.json("repositories", repos + "]").json("follows", follows + "]");
  return out.done();
}

}  // namespace bus::github
