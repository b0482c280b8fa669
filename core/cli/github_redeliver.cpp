// bus github redeliver: GitHub never sends a failed delivery again by itself.
#include "core/base/text.h"
#include "core/cli/checkout.h"
#include "core/cli/exit_codes.h"
#include "core/cli/github_source.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus github redeliver octo/hello",
     "Ask for every delivery of the last three days that never got through."},
    {"bus github redeliver octo/hello --since 2h --hook 123", "Of one hook, and only of the last two hours."},
};
constexpr Positional kPositionals[] = {{.name = "OWNER/REPO", .help = "The repository.", .required = true}};
const Option kOptions[] = {
    {.name = "hook",
     .value = "ID",
     .help = "The hook, where not just one leads to a path of ours (sources.github.paths)."},
    {.name = "since", .value = "D", .help = "Only what was sent within that time; 3d if left out."},
    kGithubSourceOption,
};
constexpr ExitMeaning kExits[] = {
    {kDenied, "the token has no administration rights for the repository's hooks"}};

Result<int> run(Session& session) {
  const std::string repo = session.args().positional(0);
  if (!is_repo(repo)) return session.usage("'" + repo + "' is not OWNER/REPO");
  const auto hook = session.args().integer("hook", 1, INT64_MAX);
  if (!hook) return hook.error();
  const auto since = session.args().duration("since");
  if (!since) return since.error();
  auto source = GithubSource::open(session);
  if (!source) return std::move(source).error();
  const auto done = source->run_errand("redeliver", [&](json::Writer& out) {
    out.member("repo", repo);
    if (*hook) out.member("hook", **hook);
    if (*since) out.member("since_s", std::chrono::duration_cast<seconds>(**since).count());
  });
  if (!done) return done.error();
  if (session.json()) {
    session.out().line(source->raw_errand());
    return kGood;
  }
  const auto number = [&](const char* name) { return std::to_string((*done)[name].integer().value_or(0)); };
  session.out().line("hook " + number("hook") + ": " + number("failed") + " never got through, " +
                     number("asked") + " asked for again");
  return kGood;
}

}  // namespace

extern const Verb kGithubRedeliver;
const Verb kGithubRedeliver = {
    .name = "github redeliver",
    .summary = "ask GitHub again for deliveries that failed",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = kOptions,
    .notes =
        "Takes a token with administration rights for the repository's hooks (admin:repo_hook, or webhooks: "
        "write). A delivery keeps its id, so one that is here already is no second event. GitHub keeps "
        "deliveries for some days, and they come one a second, at most 200 at a time.",
    .exits = kExits,
    .run = run};

}  // namespace bus::cli
