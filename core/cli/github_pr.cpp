// bus github pr: the checks of a pull request's newest commit in one view.
#include <algorithm>
#include <charconv>

#include "core/base/text.h"
#include "core/cli/ci_wait.h"
#include "core/cli/exit_codes.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

constexpr seconds kPatience{60};  // with GitHub

constexpr Example kExamples[] = {
    {"bus github pr 42", "How the checks of its newest commit stand, in the repository of the checkout."},
    {"bus github pr 42 --watch", "Shows them until they are over; status 0 if all are well, 1 if not."},
    {"bus github pr 42 --repo octo/hello --poll", "Without webhooks: asks GitHub first."},
};
constexpr Positional kPositionals[] = {{.name = "N", .help = "The pull request's number.", .required = true}};
constexpr Option kOptions[] = {
    {.name = "watch", .help = "Go on until the checks are over, also over a push to the pull request."},
    {.name = "repo",
     .value = "OWNER/REPO",
     .help = "The repository; that of the checkout's remote if left out. GH_HOST names an own GitHub."},
    {.name = "poll", .help = "Ask GitHub, for as long as this runs."},
};
constexpr ExitMeaning kExits[] = {
    {kGood, "all checks are over and well"},
    {kNotOk, "a check did not go well"},
    {kUnknown, "nobody can say: the state of a check is unknown"},
    {kNotFound, "no event of that pull request is known"},
    {kTimedOut, "without --watch: the checks are not over yet"},
};

Result<CiTarget> target_of(const Session& session) {
  const std::string text = session.args().positional(0);
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number < 1)
    return session.usage("'" + printable(text) + "' is not the number of a pull request");
  auto repo = ci_repo(session);
  if (!repo) return std::move(repo).error();
  CiTarget target;
  target.pull = number;
  target.poll = session.args().has("poll");
  target.rules.repo = std::move(*repo);
  if (!session.args().has("watch")) target.rules.settle = microseconds(0);
  return target;
}

// "octo/hello #42 Add a parser (open, draft) by alice  https://…"
std::string headline(const CiTarget& target, const PullRequest& pull) {
  std::string line = target.rules.repo + " #" + std::to_string(*target.pull) + " " + pull.title + " (" +
                     (pull.merged ? "merged" : pull.state) + (pull.draft ? ", draft)" : ")");
  if (!pull.author.empty()) line += " by " + pull.author;
  if (!pull.url.empty()) line += "  " + pull.url;
  return printable(line);
}

std::string as_json(const CiTarget& target, const PullRequest& pull) {
  std::string text;
  json::Writer out(text);
  out.begin_object()
      .member("repo", target.rules.repo)
      .member("pull", *target.pull)
      .member("title", pull.title);
  out.member("state", pull.merged ? "merged" : pull.state).member("draft", pull.draft);
  out.member_if("author", pull.author).member_if("url", pull.url).end_object();
  return text;
}

void print(Session& session, const CiTarget& target, const CiWait& wait, std::optional<int> status) {
  if (const auto& pull = wait.pull())
    session.out().line(session.json() ? as_json(target, *pull) : headline(target, *pull));
  print_checks(session, wait, status);
}

// Until GitHub was asked once, where it is to be asked.
Status ask_github(CiWait& wait, client::Follower& follower) {
  const Mono patience = system_clock().monotonic() + kPatience;
  while (!wait.poll().looked()) {
    if (system_clock().monotonic() >= patience)
      return error(Code::unavailable, "GitHub did not say anything of it", "see: bus github status");
    if (follower.fd() < 0) wait.poll().lost();
    if (follower.fd() >= 0) {
      if (Status kept = wait.poll().keep(follower.connection()); !kept) return kept;
      if (wait.poll().looked()) break;
    }
    const auto item = follower.next(std::min(wait.poll().due().value_or(patience), patience));
    if (!item && item.error().code != Code::stopping) return item.error();
  }
  return follower.asking([&](client::Connection& host) { return wait.ask(host); });
}

Result<int> show(Session& session, const CiTarget& target, CiWait& wait, client::Follower& follower) {
  if (Status asked = ask_github(wait, follower); !asked) return std::move(asked).error();
  if (!wait.pull()) {
    return error(Code::not_found,
                 "nothing was heard of pull request #" + std::to_string(*target.pull) + " of " +
                     printable(target.rules.repo),
                 target.poll ? "see: bus github status" : "ask GitHub: bus github pr … --poll");
  }
  const auto answer = wait.checks().answer(system_clock().now());
  print(session, target, wait, answer);
  return answer.value_or(kTimedOut);
}

Result<int> run(Session& session) {
  const auto target = target_of(session);
  if (!target) return target.error();
  CiWait wait(*target);
  auto follower = open_ci(session, wait);
  if (!follower) return std::move(follower).error();
  auto status = session.args().has("watch")
                    ? follow_ci(session, wait, *follower, std::nullopt,
                                [&](std::optional<int> answer) { print(session, *target, wait, answer); })
                    : show(session, *target, wait, *follower);
  if (follower->fd() >= 0) wait.poll().end(follower->connection());
  return status;
}

}  // namespace

extern const Verb kGithubPr;
const Verb kGithubPr = {
    .name = "github pr",
    .summary = "show the checks of a pull request",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = kOptions,
    .notes =
        "The pull request as its newest event shows it, then what `bus wait ci --pr N` prints, which also "
        "takes "
        "--timeout, --required and --settle. With --json one object for the pull request, then as there.",
    .exits = kExits,
    .run = run,
};

}  // namespace bus::cli
