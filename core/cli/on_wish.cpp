#include "core/cli/on_wish.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "core/cli/expression.h"
#include "core/cli/policy_options.h"
#include "core/cli/shorthand.h"
#include "core/process/program.h"

namespace bus::cli {
namespace {

// Of a single run they could say nothing.
constexpr std::array<std::string_view, 5> kNeedLoop = {"times", "when-busy", "jobs", "key", "rate"};
// Set by whoever started us for its own event; ours are others.
constexpr std::array<std::string_view, 4> kOfOtherRuns = {"BUS_EVENTS_FILE", "BUS_RULE", "BUS_RUN_ID",
                                                          "BUS_RUN_ATTEMPT"};

Result<client::Subscribe> subscription_of(const Session& session) {
  client::Subscribe subscribe;
  auto where = filter_expression(session.args(), session.args().positional(0));
  if (!where) return std::move(where).error();
  if (where->empty())
    return session.usage("EXPR is missing", "as in: bus on 'type == \"deploy\"' -- ./program");
  if (const auto compiled = compile_expression(*where); !compiled) return compiled.error();
  subscribe.where = std::move(*where);
  subscribe.since = session.args().get_or("since", "now");
  subscribe.new_only = !session.args().has("all-reports");
  return subscribe;
}

Result<OnPlan> plan_of(const Session& session) {
  OnPlan plan;
  auto policy = policy_of(session);
  if (!policy) return std::move(policy).error();
  plan.policy = *policy;
  plan.ending.loop = session.args().has("loop") || session.args().has("restart");
  if (!plan.ending.loop) {
    for (const std::string_view name : kNeedLoop) {
      if (session.args().has(name))
        return session.usage("--" + std::string(name) + " goes with --loop",
                             "without it there is one run; add --loop");
    }
    plan.policy.times = 1;
  }
  plan.ending.times = plan.policy.times;
  const auto timeout = session.args().duration("timeout");
  if (!timeout) return timeout.error();
  plan.ending.timeout = *timeout;
  if (const auto key = session.args().get("key")) {
    auto compiled = compile_expression(*key);
    if (!compiled) return std::move(compiled).error().in("--key");
    plan.key = std::move(*compiled);
  }
  plan.prefix = session.args().has("prefix");
  plan.dry_run = session.args().has("dry-run");
  return plan;
}

}  // namespace

Result<OnWish> on_wish(const Session& session) {
  auto plan = plan_of(session);
  if (!plan) return std::move(plan).error();
  auto subscribe = subscription_of(session);
  if (!subscribe) return std::move(subscribe).error();
  OnWish wish{std::move(*plan), std::move(*subscribe)};
  const auto cursor = session.args().get("cursor");
  if (!cursor) return wish;
  if (cursor->empty()) return session.usage("--cursor needs a name");
  if (wish.plan.dry_run) {
    wish.fresh_since = std::exchange(wish.subscribe.since, "@" + *cursor);
  } else {
    wish.subscribe.cursor = *cursor;
  }
  return wish;
}

Result<rules::Command> event_command(const Session& session, const config::Paths& paths) {
  const auto in = stdin_of(session);
  if (!in) return in.error();
  rules::Command command;
  command.argv = session.args().rest();
  const char* search = std::getenv("PATH");
  auto path = process::resolve(command.argv.front(), search == nullptr ? "" : search);
  if (!path) return std::move(path).error();
  command.path = std::move(*path);
  command.env = process::own_environment();
  std::erase_if(command.env, [](const std::string& entry) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    return std::find(kOfOtherRuns.begin(), kOfOtherRuns.end(), name) != kOfOtherRuns.end();
  });
  command.in = *in;
  command.event_folder = paths.event_files();
  return command;
}

Result<int> told_as_status(const Error& why) {
  if (why.code == Code::invalid) return why;
  tell(why);
  return process::shell_status(why);
}

}  // namespace bus::cli
