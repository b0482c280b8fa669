// bus wait ci: blocks until the checks of a commit are over, and says how they ended.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/text.h"
#include "core/cli/checkout.h"
#include "core/cli/ci_wait.h"
#include "core/cli/exit_codes.h"
#include "core/cli/wait_watch.h"

namespace bus::cli {
namespace {

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
  auto repo = ci_repo(session);
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

Result<int> run(Session& session) {
  const auto deadline = deadline_of(session);
  if (!deadline) return deadline.error();
  auto target = target_of(session);
  if (!target) return std::move(target).error();
  CiWait wait(std::move(*target));
  auto follower = open_ci(session, wait);
  if (!follower) return std::move(follower).error();
  if (wait.checks().empty())
    session.remark("bus: nothing heard yet; waiting for " + printable(wait.outstanding().front()) +
                   (wait.poll().due() ? " (GitHub is asked)" : " (it comes by webhook: bus doctor)"));
  auto status = follow_ci(session, wait, *follower, *deadline,
                          [&](std::optional<int> answer) { print_checks(session, wait, answer); });
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
