// bus wait ci: blocks until the checks of a commit are over, and says how they ended.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/checkout.h"
#include "core/cli/each_task.h"
#include "core/cli/exit_codes.h"
#include "core/cli/following.h"
#include "core/cli/shorthand.h"
#include "core/cli/wait_ci_checks.h"
#include "core/cli/wait_ci_poll.h"
#include "core/cli/wait_ci_view.h"
#include "core/cli/wait_watch.h"

namespace bus::cli {
namespace {

using client::Item;

constexpr std::size_t kWholeSha = 40;
constexpr std::size_t kLeastSha = 7;  // a shorter beginning of an id may be another commit's as well

constexpr Example kExamples[] = {
    {"git push && bus wait ci --timeout 30m",
     "Waits for the checks of the commit one stands on: status 0 if all are well, 1 if not."},
    {"bus wait ci --poll", "Without webhooks: asks GitHub for as long as it waits."},
    {"bus wait ci --required test lint --any-failure",
     "Not over before these two have reported; ends at once when anything fails."},
    {"bus wait ci --pr 42", "The newest commit of a pull request, also if it is pushed to meanwhile."},
    {"bus wait ci --run 9876543210 --repo octo/hello", "One run of a workflow."},
    {"bus wait ci --sha v1.2 --json", "Another commit; a line of JSON for each check that decided."},
};
constexpr Option kOptions[] = {
    {.name = "sha",
     .value = "REV",
     .help = "The commit: what git knows it by, or at least 7 digits of its id. HEAD if left out."},
    {.name = "pr",
     .value = "N",
     .help = "The newest commit of that pull request that the host has heard of. Right after a push "
             "this may be "
             "the one before: then say --sha."},
    {.name = "run", .value = "ID", .help = "Only that run of a workflow, and its jobs."},
    {.name = "repo",
     .value = "OWNER/REPO",
     .help = "The repository; that of the checkout's remote if left out. GH_HOST names an own GitHub."},
    {.name = "settle",
     .value = "D",
     .help = "Over only when nothing new came for so long: the next set of checks may be on its way. 20s if "
             "left out; "
             "0s with --run."},
    {.name = "required",
     .value = "NAME",
     .help = "Not over before a check (or job, or status) of that name has ended.",
     .many = Many::list},
    {.name = "any-failure", .help = "End with 1 as soon as any check or job has not gone well."},
    {.name = "poll",
     .help =
         "Have the host ask GitHub for as long as this waits: no webhook and no `bus github watch` needed."},
    {.name = "timeout", .value = "D", .help = "Give up after that time, with status 124; never if left out."},
};
constexpr ExitMeaning kExits[] = {
    {kGood, "all checks are over and well"},
    {kNotOk, "a check did not go well: it failed, was cancelled, timed out or broke"},
    {kUnknown,
     "nobody can say: the state of a check is unknown, the github source does not work, or the host was "
     "away; "
     "the "
     "reason is told"},
    {kTimedOut, "the checks were not over within --timeout; what is outstanding is told on stderr"},
};

bool is_commit_id(std::string_view text) {
  return text.size() >= kLeastSha && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// Which commit: in full if it can be had.
Result<std::string> commit_of(const Session& session) {
  const std::string given = session.args().get_or("sha", "HEAD");
  if (is_commit_id(given) && (given.size() == 40 || given.size() == 64)) return lower_ascii(given);
  auto commit = checkout_commit(given);
  if (commit || !is_commit_id(given)) return commit;
  return lower_ascii(given);
}

Result<std::string> repo_of(const Session& session) {
  if (const auto given = session.args().get("repo")) {
    if (is_repo(*given)) return *given;
    return session.usage("--repo wants OWNER/REPO, not '" + *given + "'");
  }
  const char* host = std::getenv("GH_HOST");
  return checkout_repo(host == nullptr ? "" : host);
}

// What is waited for.
struct CiTarget {
  CiRules rules;
  std::optional<std::int64_t> pull;  // its newest commit is the rules' sha
  bool poll = false;
};

Result<CiTarget> target_of(const Session& session) {
  const Arguments& said = session.args();
  if (said.has("sha") + said.has("pr") + said.has("run") > 1)
    return session.usage("--sha, --pr and --run exclude each other");
  CiTarget target;
  const auto run = said.integer("run", 1, INT64_MAX);
  if (!run) return run.error();
  if (*run) target.rules.run = static_cast<std::uint64_t>(**run);
  const auto pull = said.integer("pr", 1, INT64_MAX);
  if (!pull) return pull.error();
  target.pull = *pull;
  const auto settle = said.duration("settle");
  if (!settle) return settle.error();
  target.rules.settle = settle->value_or(*run ? microseconds(0) : kCiSettle);
  target.rules.required = said.all("required");
  target.rules.any_failure = said.has("any-failure");
  target.poll = said.has("poll");
  auto repo = repo_of(session);
  if (!repo) return std::move(repo).error();
  target.rules.repo = std::move(*repo);
  if (*run || *pull) return target;
  auto commit = commit_of(session);
  if (!commit) return std::move(commit).error();
  target.rules.sha = std::move(*commit);
  if (target.poll && target.rules.sha.size() < kWholeSha)
    return session.usage("--poll needs the whole id of a commit that this checkout does not have");
  return target;
}

// The waiting of one `bus wait ci`.
class CiWait {
 public:
  explicit CiWait(CiTarget target) : target_(std::move(target)), checks_(target_.rules) {
    if (target_.poll) poll_ = CiPoll(target_.rules, target_.pull);
  }

  const CiChecks& checks() const { return checks_; }
  CiPoll& poll() { return poll_; }
  bool wants_data() const { return target_.pull.has_value(); }

  // What has to be watched.
  std::string where() const {
    const CiRules& rules = target_.rules;
    std::string what;
    if (!target_.pull && !rules.run) what = " && task.sha.startsWith(" + cel_string(rules.sha) + ")";
    return here() + what;
  }

  // What the host knows already.
  Status ask(client::Connection& host) {
    if (target_.pull) {
      if (Status found = find_head(host); !found) return found;
    }
    incomplete_ = false;
    const auto take = [this](json::Node task, std::string_view text) {
      const auto updated = parse_time(task["updated"].string_or(""));
      checks_.take(task, static_cast<std::uint64_t>(task["seq"].integer().value_or(0)),
                   updated ? *updated : Time{}, text);
    };
    if (!target_.rules.run)
      return target_.rules.sha.empty() ? Status(Ok{}) : each_task(host, "sha", target_.rules.sha, take);
    auto id = run_id(host);
    if (!id) return std::move(id).error();
    if (Status asked = each_task(host, "task", *id, take); !asked) return asked;
    return each_task(host, "parent", *id, take);
  }
  // Whether ask() has to be called again: what is known may not be all.
  bool incomplete() const { return incomplete_; }
  void distrust() { incomplete_ = true; }

  // An event that the subscription gave.
  void take(const Item& item) {
    if (target_.pull) look_for_head(item.node);
    const auto received = parse_time(item.node["received"].string_or(""));
    checks_.take(item.node["task"], item.seq, received ? *received : system_clock().now(),
                 json::raw_member(item.text, "task"));
  }

  std::vector<std::string> outstanding() const {
    if (target_.pull && target_.rules.sha.empty())
      return {"an event of pull request #" + std::to_string(*target_.pull) + " of " + target_.rules.repo};
    return checks_.outstanding();
  }

 private:
  // Events of the repository, in whatever case it was named.
  std::string here() const {
    return "source == \"github\" && scope.lowerAscii() == " + cel_string(lower_ascii(target_.rules.repo));
  }

  // The newest event for which that holds as well; `visit` sees it, if there is one.
  template <class Visit>
  Status newest(client::Connection& host, const std::string& what, Visit visit) {
    std::int64_t until = INT64_MAX;
    for (bool end = false; !end;) {
      client::Call call("events");
      call.params().member("where", here() + what).member("newest", true).member("limit", 1);
      if (until != INT64_MAX) call.params().member("until", until);
      const auto result = host.ask(std::move(call));
      if (!result) return result.error();
      if ((*result)["events"].size() != 0) {
        visit((*result)["events"].at(0));
        return Ok{};
      }
      until = (*result)["first"].integer().value_or(1) - 1;
      end = (*result)["end"].boolean().value_or(true) || until < 1;
    }
    return Ok{};
  }

  Status find_head(client::Connection& host) {
    const std::string number = std::to_string(*target_.pull);
    return newest(host, " && data.pull_request.number == " + number + " && has(data.pull_request.head.sha)",
                  [this](json::Node event) { look_for_head(event); });
  }

  // A newer commit of the pull request has checks of its own.
  void look_for_head(json::Node event) {
    const json::Node pull = event["data"]["pull_request"];
    if (pull["number"].integer() != target_.pull) return;
    const std::string sha = lower_ascii(pull["head"]["sha"].string_or(""));
    const std::string_view moved = pull["updated_at"].string_or("");  // GitHub's form: sorts by time
    if (sha.empty() || sha == target_.rules.sha || moved < head_since_) return;
    head_since_ = moved;
    target_.rules.sha = sha;
    checks_ = CiChecks(target_.rules);
    incomplete_ = true;
  }

  // The run's task. GitHub does not mind the case of a repository's name; ids are taken as they are.
  Result<std::string> run_id(client::Connection& host) {
    if (canonical_.empty()) {
      Status asked =
          newest(host, "", [this](json::Node event) { canonical_ = event["scope"].string_or(""); });
      if (!asked) return std::move(asked).error();
    }
    const std::string& repo = canonical_.empty() ? target_.rules.repo : canonical_;
    return "github:" + repo + "/run/" + std::to_string(*target_.rules.run);
  }

  CiTarget target_;
  CiPoll poll_;
  CiChecks checks_;
  std::string head_since_;  // when the pull request got to its commit
  std::string canonical_;   // the repository as GitHub writes it
  bool incomplete_ = true;
};

void print_checks(Session& session, const CiWait& wait, std::optional<int> status) {
  if (!session.json()) {
    for (const std::string& line : ci_table(wait.checks())) session.out().line(line);
    return;
  }
  for (const CiCheck* check : wait.checks().shown()) session.out().line(check->text);
  session.out().line(wait.checks().summary(status));
}

std::optional<Mono> earlier(std::optional<Mono> a, std::optional<Mono> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

// Waits until the answer is there. It is given only after the host was asked once more: what was missed
// while a host was away is in its store.
Result<int> follow(Session& session, CiWait& wait, client::Follower& follower, std::optional<Mono> deadline) {
  const Clock& clock = system_clock();
  Progress progress(!session.quiet() && !session.json());
  for (;;) {
    const bool away = follower.fd() < 0;
    if (away) wait.poll().lost();
    if (!away) {
      if (Status kept = wait.poll().keep(follower.connection()); !kept) return std::move(kept).error();
    }
    if (!away && (wait.incomplete() || wait.checks().answer(clock.now()))) {
      Status asked = wait.ask(follower.connection());
      const bool gone =
          !asked && (asked.error().code == Code::unavailable || asked.error().code == Code::stopping);
      if (!asked && !gone) return std::move(asked).error();
      if (gone) wait.distrust();
      const auto answer = wait.checks().answer(clock.now());
      if (asked && answer && !wait.incomplete() && wait.poll().looked()) {
        progress.clear();
        print_checks(session, wait, answer);
        return *answer;
      }
    }
    progress.show(wait.checks());
    const bool blind = follower.fd() < 0 || wait.incomplete();
    const auto due = look_again(deadline, blind ? clock.now() + seconds(1) : wait.checks().due());
    const auto item = follower.next(earlier(due, away ? std::nullopt : wait.poll().due()));
    if (!item && item.error().code == Code::stopping) continue;  // a signal that stops nobody
    if (!item) return item.error();
    if (*item && (*item)->kind == Item::Kind::event) {
      wait.take(**item);
      continue;
    }
    if (*item && (*item)->kind != Item::Kind::caught_up) {
      wait.poll().lost();
      progress.clear();
      tell_of(session, **item);
      wait.distrust();
    }
    if (*item || !deadline || clock.monotonic() < *deadline) continue;
    progress.clear();
    print_checks(session, wait, std::nullopt);
    return timed_out(session, follower, wait.outstanding(), {{{"github"}}, wait.checks().unknown()});
  }
}

Result<int> run(Session& session) {
  const auto deadline = deadline_of(session);
  if (!deadline) return deadline.error();
  auto target = target_of(session);
  if (!target) return std::move(target).error();
  const auto paths = session.paths();
  if (!paths) return paths.error();
  CiWait wait(std::move(*target));
  client::Subscribe subscribe;
  subscribe.where = wait.where();
  subscribe.new_only = true;
  subscribe.data = wait.wants_data();
  auto follower = client::Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return std::move(follower).error();
  // Now that nothing can fall between the answer and what comes.
  if (Status asked = wait.ask(follower->connection()); !asked) return std::move(asked).error();
  if (wait.checks().empty())
    session.remark("bus: nothing heard yet; waiting for " + printable(wait.outstanding().front()) +
                   (wait.poll().due() ? " (GitHub is asked)" : " (it comes by webhook: bus doctor)"));
  auto status = follow(session, wait, *follower, *deadline);
  if (follower->fd() >= 0) wait.poll().end(follower->connection());
  return status;
}

}  // namespace

extern const Verb kWaitCi;
const Verb kWaitCi = {
    .name = "wait ci",
    .summary = "wait until the checks of a commit are over",
    .examples = kExamples,
    .options = kOptions,
    .notes =
        "Answers from what the github source has brought in: webhooks of runs, jobs, checks, suites and "
        "commit "
        "statuses (workflow_run is enough for GitHub Actions), and what it finds by asking (bus github "
        "watch, or "
        "--poll).\n"
        "No checks yet is not an answer. It is over when every check that is known has ended, those of "
        "--required are "
        "among them, and nothing new came for the time of --settle. A check that starts again counts again, "
        "with its "
        "last try. A run decides for its jobs, and a suite counts only where its checks are not known. What "
        "waits for an "
        "approval is not over.\n"
        "Prints what decided: a line for each check, with --json its task and at the end {\"repo\", \"sha\" "
        "or "
        "\"run\", \"state\", \"ok\", \"checks\"}. On a terminal stderr shows how far it is.",
    .exits = kExits,
    .run = run,
};

}  // namespace bus::cli
