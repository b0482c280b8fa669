// bus tasks: the latest state of work.
#include <algorithm>

#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/following.h"
#include "core/cli/session.h"
#include "core/client/follower.h"

namespace bus::cli {
namespace {

constexpr std::int64_t kPage = 1000;  // what the host gives at most in one answer
constexpr std::int64_t kDefaultLimit = 50;

constexpr Example kExamples[] = {
    {"bus tasks", "The 50 tasks that moved last."},
    {"bus tasks --state running --kind run", "CI runs under way."},
    {"bus tasks --sha $(git rev-parse HEAD) --watch", "Everything about this commit, and how it goes on."},
};
constexpr Positional kPositionals[] = {{.name = "TASK", .help = "One task, by its id."}};
constexpr Option kOptions[] = {
    {.name = "kind", .value = "KIND", .help = "run, job, check, test, container, process, action, …"},
    {.name = "scope", .value = "SCOPE", .help = "Where it belongs, as in octo/hello."},
    {.name = "state", .value = "STATE", .help = "pending, running, blocked, unknown or finished."},
    {.name = "result", .value = "RESULT", .help = "success, skip, failure, error, timeout or cancellation."},
    {.name = "parent", .value = "TASK", .help = "The tasks that belong to that one."},
    {.name = "sha", .value = "PREFIX", .help = "The commit begins so."},
    {.name = "limit", .value = "N", .help = "At most N; 50 if left out."},
    {.name = "all", .help = "All of them."},
    {.name = "watch", .help = "Then show every task that moves, until Ctrl-C."},
};
constexpr ExitMeaning kExits[] = {{kNotFound, "there is no task of that id"}};

// The same selection as a predicate, for --watch.
bool selected(const Session& session, json::Node task) {
  for (const std::string_view name : {"kind", "scope", "state", "result", "parent"}) {
    const auto wanted = session.args().get(name);
    if (wanted && task[name].string_or("") != *wanted) return false;
  }
  if (const auto sha = session.args().get("sha"); sha && !task["sha"].string_or("").starts_with(*sha))
    return false;
  const std::string id = session.args().positional(0);
  return id.empty() || task["id"].string_or("") == id;
}

void write_task(Session& session, json::Node task, std::string_view text) {
  session.out().line(session.json() ? std::string(text) : task_line(task));
}

client::Call page_of(const Session& session, std::int64_t limit, std::int64_t before) {
  client::Call call("tasks");
  json::Writer& params = call.params();
  for (const std::string_view name : {"kind", "scope", "state", "result", "parent", "sha"}) {
    params.member_if(name, session.args().get_or(name, ""));
  }
  params.member_if("task", session.args().positional(0)).member("limit", limit);
  if (before != 0) params.member("before", before);
  return call;
}

// How many there are to show.
Result<std::int64_t> most_of(const Session& session) {
  const auto limit = session.args().integer("limit", 1, INT64_MAX);
  if (!limit) return limit.error();
  if (!session.args().has("all")) return limit->value_or(kDefaultLimit);
  if (*limit) return session.usage("--limit and --all exclude each other");
  return INT64_MAX;
}

// Shows them page by page; how many there were.
Result<std::size_t> list(Session& session, client::Connection& host, std::int64_t most) {
  std::size_t shown = 0;
  std::int64_t before = 0;
  for (std::int64_t left = most; left > 0 && !session.out().failed();) {
    const auto result = host.ask(page_of(session, std::min(left, kPage), before));
    if (!result) return result.error();
    json::RawElements texts(json::raw_member(host.raw_result(), "tasks"));
    for (const json::Node task : (*result)["tasks"].elements()) write_task(session, task, texts.next());
    shown += (*result)["tasks"].size();
    left -= static_cast<std::int64_t>((*result)["tasks"].size());
    before = (*result)["next"].integer().value_or(0);
    if (before == 0) break;
  }
  return shown;
}

// REQUIRES: `follower` was opened before the list was asked for, so that no move is missed between the two.
Result<int> watch(Session& session, client::Follower& follower) {
  session.out().flush();
  while (!session.out().failed()) {
    const auto item = follower.next(std::nullopt);
    if (!item && item.error().code == Code::stopping) continue;
    if (!item) return item.error();
    if (!*item) continue;
    if ((*item)->kind != client::Item::Kind::event) {
      tell_of(session, **item);
      continue;
    }
    const json::Node task = (*item)->node["task"];
    if (!selected(session, task)) continue;
    write_task(session, task, json::raw_member((*item)->text, "task"));
    session.out().flush();
  }
  return kGood;
}

Result<int> run(Session& session) {
  const auto most = most_of(session);
  if (!most) return most.error();
  if (!session.args().has("watch")) {
    auto host = session.connect();
    if (!host) return std::move(host).error();
    const auto count = list(session, *host, *most);
    if (!count) return count.error();
    const std::string id = session.args().positional(0);
    if (*count == 0 && !id.empty()) return error(Code::not_found, "no task '" + id + "'", "see: bus tasks");
    return kGood;
  }
  const auto paths = session.paths();
  if (!paths) return paths.error();
  client::Subscribe subscribe;
  subscribe.where = "has(task.id)";
  subscribe.new_only = true;
  subscribe.data = false;
  auto follower = client::Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return std::move(follower).error();
  if (const auto count = list(session, follower->connection(), *most); !count) return count.error();
  return watch(session, *follower);
}

}  // namespace

extern const Verb kTasks;
const Verb kTasks = {
    .name = "tasks",
    .summary = "show the latest state of work",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = kOptions,
    .notes =
        "Lines are: state or result, kind, id, name, detail, when it moved; the newest first. With "
        "--json each line is a task (EVENTS.md), with the seq of its last event.",
    .exits = kExits,
    .run = run};

}  // namespace bus::cli
