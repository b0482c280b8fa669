// bus github status|watch|poll: what is asked at GitHub, and how the budget for it stands.
#include <algorithm>
#include <cstdlib>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/checkout.h"
#include "core/cli/exit_codes.h"
#include "core/cli/github_source.h"

namespace bus::cli {
namespace {

constexpr Example kStatusExamples[] = {
    {"bus github status", "Each watched repository: the last answer, the next look, the budget."},
    {"bus github status --json", "The same for programs."},
};
constexpr Example kWatchExamples[] = {
    {"bus github watch add octo/hello", "Look at its runs and jobs from now on, also after a restart."},
    {"bus github watch add", "The repository of the checkout one stands in."},
    {"bus github watch list", "What is watched, and where that is said."},
    {"bus github watch remove octo/hello", "No longer."},
};
constexpr Example kPollExamples[] = {
    {"bus github poll", "Look at all watched repositories now, as far as the budget allows."},
    {"bus github poll octo/hello", "Only at that one."},
};
constexpr Positional kWatchPositionals[] = {
    {.name = "add|remove|list", .help = "What to do.", .required = true},
    {.name = "OWNER/REPO",
     .help = "Repositories; for add and remove that of the checkout if left out.",
     .repeatable = true}};
constexpr Positional kPollPositionals[] = {
    {.name = "OWNER/REPO", .help = "A watched repository; all of them if left out."}};
const Option kOptions[] = {kGithubSourceOption};
constexpr ExitMeaning kStatusExits[] = {{kNotOk, "a repository or the credential is not well; it is told"}};
constexpr ExitMeaning kWatchExits[] = {{kNotFound, "remove: it is not watched"}};
constexpr ExitMeaning kPollExits[] = {{kUnknown, "a repository could not be looked at; the reason is told"},
                                      {kNotFound, "it is not watched"}};

std::string field(json::Node node, std::string_view name) {
  return printable(node[name].string_or(""));
}
std::string number(json::Node node, std::string_view name) {
  return std::to_string(node[name].integer().value_or(0));
}
std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

void write_credential(Session& session, json::Node status) {
  const json::Node budget = status["budget"];
  std::string line = "token   " + field(status, "token");
  if (budget["limit"].exists()) {
    line += ", " + number(budget, "remaining") + " of " + number(budget, "limit") + " requests left until " +
            field(budget, "reset") + ", " + number(budget, "reserve") + " of them in reserve";
  }
  session.out().line(line);
  if (budget["blocked_until"].exists())
    session.out().line("        no requests until " + field(budget, "blocked_until") + ": " +
                       field(budget, "why"));
}

void write_repository(Session& session, json::Node repo) {
  std::string line = padded(field(repo, "repo"), 28) + "  " + padded(field(repo, "state"), 8) + "  " +
                     number(repo, "active") + " active";
  if (repo["asked"].exists()) line += ", answered " + number(repo, "status") + " at " + field(repo, "asked");
  if (repo["next"].exists()) line += ", next " + field(repo, "next");
  if (repo["webhook"].exists()) line += ", webhook " + field(repo, "webhook");
  session.out().line(line);
  if (repo["reason"].exists()) session.out().line("    " + field(repo, "reason"));
}

Result<int> run_status(Session& session) {
  auto source = GithubSource::open(session);
  if (!source) return std::move(source).error();
  const auto status = source->ask("status");
  if (!status) return status.error();
  const bool good = (*status)["state"].string_or("") == "ok";
  if (session.json()) {
    session.out().line(source->raw());
    return good ? kGood : kNotOk;
  }
  write_credential(session, *status);
  for (const json::Node repo : (*status)["repositories"].elements()) write_repository(session, repo);
  for (const json::Node follow : (*status)["follows"].elements())
    session.out().line("waited for: " + field(follow, "repo") + " " + field(follow, "what") + ", until " +
                       field(follow, "until"));
  for (const json::Node way : (*status)["tunnels"].elements()) {
    std::string line =
        (way["smee"].exists() ? "smee " + field(way, "smee") : "forward " + field(way, "repo")) + ": " +
        field(way, "state") + ", " + number(way, "deliveries") + " taken, " + number(way, "refused") +
        " refused";
    if (way["reason"].exists()) line += ": " + field(way, "reason");
    session.out().line(line);
  }
  if ((*status)["repositories"].size() == 0)
    session.remark("bus: nothing is watched; see: bus help github watch");
  return good ? kGood : kNotOk;
}

// The repositories that were named, or that of the checkout.
Result<std::vector<std::string>> named_repos(const Session& session) {
  const std::vector<std::string>& said = session.args().positionals();
  std::vector<std::string> repos(said.begin() + 1, said.end());
  if (repos.empty()) {
    const char* host = std::getenv("GH_HOST");
    auto repo = checkout_repo(host == nullptr ? "" : host);
    if (!repo) return std::move(repo).error();
    repos.push_back(std::move(*repo));
  }
  for (const std::string& repo : repos) {
    if (!is_repo(repo)) return session.usage("'" + repo + "' is not OWNER/REPO");
  }
  return repos;
}

Result<int> list_watches(Session& session, GithubSource& source) {
  const auto status = source.ask("status");
  if (!status) return status.error();
  json::RawElements texts(json::raw_member(source.raw(), "repositories"));
  for (const json::Node repo : (*status)["repositories"].elements()) {
    const std::string_view text = texts.next();
    session.out().line(session.json() ? std::string(text)
                                      : padded(field(repo, "repo"), 28) + "  " + field(repo, "origin"));
  }
  return kGood;
}

Result<int> change_watches(Session& session, GithubSource& source, bool add) {
  const auto repos = named_repos(session);
  if (!repos) return repos.error();
  for (const std::string& repo : *repos) {
    const auto reply =
        source.ask(add ? "watch" : "unwatch", [&](json::Writer& out) { out.member("repo", repo); });
    if (!reply) return reply.error();
    const bool changed = (*reply)["changed"].boolean().value_or(false);
    if (!add && !changed)
      return error(Code::not_found, repo + " is not watched", "see: bus github watch list");
    if (session.json()) session.out().line(source.raw());
    session.remark("bus: " + repo +
                   (add ? changed ? " is watched" : " is watched already" : " is no longer watched"));
  }
  return kGood;
}

Result<int> run_watch(Session& session) {
  const std::string what = session.args().positional(0);
  constexpr std::string_view kWords[] = {"add", "remove", "list"};
  if (std::find(std::begin(kWords), std::end(kWords), what) == std::end(kWords)) {
    const std::string_view near = nearest(what, kWords);
    return session.usage("'" + what + "' is none of add, remove, list",
                         near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
  }
  if (what == "list" && session.args().positionals().size() > 1)
    return session.usage("list takes no repository");
  auto source = GithubSource::open(session);
  if (!source) return std::move(source).error();
  return what == "list" ? list_watches(session, *source) : change_watches(session, *source, what == "add");
}

Result<int> run_poll(Session& session) {
  const std::string repo = session.args().positional(0);
  if (!repo.empty() && !is_repo(repo)) return session.usage("'" + repo + "' is not OWNER/REPO");
  auto source = GithubSource::open(session);
  if (!source) return std::move(source).error();
  const auto done = source->run_errand("poll", [&](json::Writer& out) { out.member_if("repo", repo); });
  if (!done) return done.error();
  if (!(*done)["known"].boolean().value_or(true))
    return error(Code::not_found, repo + " is not watched", "bus github watch add " + repo);
  if (session.json()) {
    session.out().line(source->raw_errand());
  } else {
    session.out().line(number(*done, "requests") + " requests, " + number(*done, "unchanged") +
                       " of them unchanged, " + number(*done, "events") + " events");
  }
  if (!(*done)["reason"].exists()) return kGood;
  session.remark("bus: " + field(*done, "reason"));
  return kUnknown;
}

}  // namespace

extern const Verb kGithubStatus, kGithubWatch, kGithubPoll;
const Verb kGithubStatus = {
    .name = "github status",
    .summary = "show what is asked at GitHub, and the budget for it",
    .examples = kStatusExamples,
    .options = kOptions,
    .notes = "With --json one object: state, token, budget, repositories, follows (OUTPUT.md).",
    .exits = kStatusExits,
    .run = run_status};
const Verb kGithubWatch = {
    .name = "github watch",
    .summary = "choose the repositories that are looked at",
    .examples = kWatchExamples,
    .positionals = kWatchPositionals,
    .options = kOptions,
    .notes =
        "What the configuration names (sources.github.repositories) is watched as well, and can only be "
        "taken out there. A repository whose webhooks come in is looked at seldom, as a check.",
    .exits = kWatchExits,
    .run = run_watch};
const Verb kGithubPoll = {
    .name = "github poll",
    .summary = "look at GitHub now",
    .examples = kPollExamples,
    .positionals = kPollPositionals,
    .options = kOptions,
    .notes =
        "Waits until all of it is asked and stored. The budget's reserve and GitHub's own pauses are "
        "kept: then it ends with 69 and says until when.",
    .exits = kPollExits,
    .run = run_poll};

}  // namespace bus::cli
