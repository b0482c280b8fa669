#include "core/cli/wait_tasks.h"

#include <algorithm>
#include <vector>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/each_task.h"
#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/following.h"
#include "core/cli/shorthand.h"
#include "core/cli/wait_group.h"
#include "core/cli/wait_watch.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

using client::Item;

std::string list_of(const std::vector<std::string>& ids) {
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ", ") + cel_string(id);
  return "[" + list + "]";
}

// The waiting of one `bus wait task`.
class TaskWait {
 public:
  TaskWait(Session& session, std::vector<std::string> ids, std::optional<microseconds> settle)
      : session_(session), any_(session.args().has("any")) {
    const Time now = system_clock().now();
    tasks_.reserve(ids.size());
    for (std::string& id : ids) tasks_.emplace_back(std::move(id), now, settle);
  }

  // What has to be watched. Where an answer hangs on members, that is every task: a member's later reports
  // need not name its parent again.
  std::string where() const {
    std::vector<std::string> ids;
    ids.reserve(tasks_.size());
    bool alone = true;
    for (const AwaitedTask& task : tasks_) {
      ids.push_back(task.id());
      alone = alone && task.is_reported() && !task.is_group();
    }
    return alone ? "task.id in " + list_of(ids) : "has(task.id)";
  }

  // What the host knows already. With `answer`, what is settled by it is printed.
  Status ask(client::Connection& host, bool answer) {
    for (AwaitedTask& task : tasks_) {
      std::int64_t seq = 0;
      std::string text;
      const auto take = [&](json::Node node, std::string_view raw) {
        const auto updated = parse_time(node["updated"].string_or(""));
        task.take(node, updated ? *updated : Time{});
        if (node["id"].string_or("") != task.id()) return;
        seq = node["seq"].integer().value_or(0);
        text = raw;
      };
      if (Status asked = each_task(host, "task", task.id(), take); !asked) return asked;
      if (Status asked = each_task(host, "parent", task.id(), take); !asked) return asked;
      if (!answer) continue;
      if (!task.is_reported())
        session_.remark("bus: no report of task " + printable(task.id()) + " yet; waiting for the first");
      if (!task.settle(system_clock().now()) || task.is_group()) continue;
      if (Status printed = print_known(host, seq, text); !printed) return printed;
    }
    return Ok{};
  }

  // An event that the subscription gave.
  void take(const Item& item) {
    const auto received = parse_time(item.node["received"].string_or(""));
    const Time at = received ? *received : system_clock().now();
    bool printed = false;
    for (AwaitedTask& task : tasks_) {
      if (task.is_settled() || !task.take(item.node["task"], at)) continue;
      if (!task.settle(system_clock().now()) || task.is_group() || printed) continue;
      session_.out().line(item.text);
      printed = true;
    }
  }

  // Time has passed.
  void pass() {
    for (AwaitedTask& task : tasks_) task.settle(system_clock().now());
  }
  std::optional<Time> due() const {
    std::optional<Time> first;
    for (const AwaitedTask& task : tasks_) {
      if (const auto due = task.due(); due && (!first || *due < *first)) first = due;
    }
    return first;
  }

  bool over() const {
    const auto settled = [](const AwaitedTask& task) { return task.is_settled(); };
    return any_ ? std::any_of(tasks_.begin(), tasks_.end(), settled)
                : std::all_of(tasks_.begin(), tasks_.end(), settled);
  }
  int status() const {
    int status = kGood;
    for (const AwaitedTask& task : tasks_) {
      if (task.is_settled()) status = worse_status(status, task.status());
    }
    return status;
  }

  std::vector<std::string> outstanding() const {
    std::vector<std::string> open;
    for (const AwaitedTask& task : tasks_) {
      if (!task.is_settled()) open.push_back(task.outstanding());
    }
    return open;
  }

  Needs needs() const {
    Needs needs;
    for (const AwaitedTask& task : tasks_) {
      if (task.is_settled()) continue;
      needs.tasks.push_back(task.id());
      for (std::string& id : task.unknown()) needs.tasks.push_back(std::move(id));
    }
    return needs;
  }

  // On the way out: of each group its members, and then itself.
  Status print_groups(client::Connection& host) {
    for (const AwaitedTask& task : tasks_) {
      if (!task.is_group()) continue;
      if (!session_.json()) session_.out().line(group_line(task));
      Status asked = each_task(host, "parent", task.id(), [this](json::Node node, std::string_view raw) {
        session_.out().line(session_.json() ? std::string(raw) : "  " + task_line(node));
      });
      if (!asked) return asked;
      if (session_.json()) session_.out().line(group_line(task));
    }
    return Ok{};
  }

 private:
  std::string group_line(const AwaitedTask& task) const {
    std::string text;
    if (session_.json()) {
      json::Writer out(text);
      out.begin_object().member("group", task.id()).member("state", task.state());
      if (task.is_settled() && task.status() != kUnknown) out.member("ok", task.status() == kGood);
      out.member("members", task.members()).end_object();
      return text;
    }
    text = "group " + printable(task.id()) + ": " + std::string(task.state());
    if (task.is_settled() && task.status() != kUnknown) text += task.status() == kGood ? ", ok" : ", not ok";
    return text + ", members: " + std::to_string(task.members());
  }

  // The event that brought the task where it is; without it (retention) the task itself.
  Status print_known(client::Connection& host, std::int64_t seq, const std::string& task) {
    client::Call call("event");
    call.params().member("event", std::to_string(seq));
    const auto result = host.ask(std::move(call));
    if (!result && result.error().code != Code::not_found) return result.error();
    session_.out().line(result ? std::string(json::raw_member(host.raw_result(), "event"))
                               : "{\"task\":" + task + "}");
    return Ok{};
  }

  Session& session_;
  const bool any_;
  std::vector<AwaitedTask> tasks_;
};

Status check_options(const Session& session) {
  for (const std::string_view option :
       {"since", "count", "all-of", "first-of", "sequence", "within", "absent", "for", "source", "type",
        "scope", "sha", "state", "result", "match"}) {
    if (session.args().has(option)) {
      return session.usage("bus wait task does not take --" + std::string(option),
                           "it takes ids, --any, --all, --settle and --timeout");
    }
  }
  if (session.args().has("any") && session.args().has("all"))
    return session.usage("--any and --all exclude each other");
  return Ok{};
}

// Waits until the answer is there: the status; or kTimedOut and the like if the time was up.
Result<int> follow(Session& session, TaskWait& wait, client::Follower& follower,
                   std::optional<Mono> deadline) {
  while (!wait.over()) {
    session.out().flush();
    const auto item = follower.next(look_again(deadline, wait.due()));
    if (!item && item.error().code == Code::stopping) continue;
    if (!item) return item.error();
    if (*item && (*item)->kind == Item::Kind::event) {
      wait.take(**item);
      continue;
    }
    if (*item) tell_of(session, **item);
    wait.pass();
    if (!wait.over() && !*item && deadline && system_clock().monotonic() >= *deadline)
      return timed_out(session, follower, wait.outstanding(), wait.needs());
  }
  return final_status(session, wait.status());
}

}  // namespace

Result<int> wait_for_tasks(Session& session) {
  if (Status fits = check_options(session); !fits) return std::move(fits).error();
  std::vector<std::string> ids(session.args().positionals().begin() + 1, session.args().positionals().end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const auto deadline = deadline_of(session);
  if (!deadline) return deadline.error();
  const auto settle = session.args().duration("settle");
  if (!settle) return settle.error();
  if (session.args().has("explain")) {
    session.out().line("task.id in " + list_of(ids) + " || task.parent in " + list_of(ids));
    return kGood;
  }
  const auto paths = session.paths();
  if (!paths) return paths.error();
  TaskWait wait(session, std::move(ids), *settle);
  client::Subscribe subscribe;
  {
    auto host = session.connect();
    if (!host) return std::move(host).error();
    if (Status asked = wait.ask(*host, false); !asked) return std::move(asked).error();
  }
  subscribe.where = wait.where();
  subscribe.new_only = !session.args().has("all-reports");
  auto follower = client::Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return std::move(follower).error();
  // Again, now that nothing can fall between the answer and what comes.
  Status asked = follower->asking([&](client::Connection& host) { return wait.ask(host, true); });
  if (!asked) return std::move(asked).error();
  auto status = follow(session, wait, *follower, *deadline);
  if (!status || follower->fd() < 0) return status;
  if (Status printed = wait.print_groups(follower->connection()); !printed) return std::move(printed).error();
  return status;
}

}  // namespace bus::cli
