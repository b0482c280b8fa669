#include "core/cli/wait_tasks.h"

#include <algorithm>
#include <vector>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/shorthand.h"
#include "core/cli/wait_watch.h"

namespace bus::cli {
namespace {

// The tasks that are still waited for, and the worst that was said of the others.
class Awaited {
 public:
  explicit Awaited(std::vector<std::string> ids) : open_(std::move(ids)) {}

  // An answer: finished, or unknown. False if the task says neither, or is not waited for.
  bool settle(json::Node task) {
    const std::string_view state = task["state"].string_or("");
    const auto found = std::find(open_.begin(), open_.end(), task["id"].string_or(""));
    if (found == open_.end() || (state != "finished" && state != "unknown")) return false;
    open_.erase(found);
    if (state == "unknown")
      unknown_ = true;
    else if (!task["ok"].boolean().value_or(false))
      not_ok_ = true;
    return true;
  }

  const std::vector<std::string>& open() const { return open_; }
  int status() const { return not_ok_ ? kNotOk : unknown_ ? kUnknown : kGood; }

 private:
  std::vector<std::string> open_;
  bool not_ok_ = false;
  bool unknown_ = false;
};

std::string where_of(const std::vector<std::string>& ids) {
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ", ") + cel_string(id);
  return "task.id in [" + list + "] && task.state in [\"finished\", \"unknown\"]";
}

// Prints the event that brought the task where it is; without it (retention) the task itself.
Status print_known(Session& session, client::Connection& host, std::int64_t seq, const std::string& task) {
  client::Call call("event");
  call.params().member("event", std::to_string(seq));
  const auto result = host.ask(std::move(call));
  if (!result && result.error().code != Code::not_found) return result.error();
  session.out().line(result ? std::string(json::raw_member(host.raw_result(), "event"))
                            : "{\"task\":" + task + "}");
  return Ok{};
}

// What the host knows already. REQUIRES: the subscription is open, so that nothing falls between.
Status ask_known(Session& session, client::Connection& host, Awaited& awaited) {
  const std::vector<std::string> ids = awaited.open();
  for (const std::string& id : ids) {
    client::Call call("tasks");
    call.params().member("task", id);
    const auto result = host.ask(std::move(call));
    if (!result) return result.error();
    const json::Node task = (*result)["tasks"].at(0);
    if (!task.exists()) {
      session.remark("bus: no report of task " + printable(id) + " yet; waiting for the first");
      continue;
    }
    const std::int64_t seq = task["seq"].integer().value_or(0);
    json::RawElements texts(json::raw_member(host.raw_result(), "tasks"));
    const std::string text(texts.next());
    if (!awaited.settle(task)) continue;
    if (Status printed = print_known(session, host, seq, text); !printed) return printed;
  }
  return Ok{};
}

Status check_options(const Session& session) {
  for (const std::string_view option :
       {"since", "count", "all-of", "first-of", "sequence", "within", "absent", "for", "source", "type",
        "scope", "sha", "state", "result", "match"}) {
    if (session.args().has(option)) {
      return session.usage("bus wait task does not take --" + std::string(option),
                           "it takes ids and --timeout");
    }
  }
  return Ok{};
}

}  // namespace

Result<int> wait_for_tasks(Session& session) {
  if (Status fits = check_options(session); !fits) return std::move(fits).error();
  std::vector<std::string> ids(session.args().positionals().begin() + 1, session.args().positionals().end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const auto deadline = deadline_of(session);
  if (!deadline) return deadline.error();
  client::Subscribe subscribe;
  subscribe.where = where_of(ids);
  subscribe.new_only = !session.args().has("all-reports");
  if (session.args().has("explain")) {
    session.out().line(subscribe.where);
    return kGood;
  }
  const auto paths = session.paths();
  if (!paths) return paths.error();
  auto follower = client::Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return std::move(follower).error();
  Awaited awaited(std::move(ids));
  if (Status asked = ask_known(session, follower->connection(), awaited); !asked)
    return std::move(asked).error();
  while (!awaited.open().empty()) {
    session.out().flush();
    const auto item = follower->next(*deadline);
    if (!item && item.error().code == Code::stopping) continue;
    if (!item) return item.error();
    if (!*item) {
      std::vector<std::string> open;
      for (const std::string& id : awaited.open()) open.push_back("task " + id);
      return timed_out(session, *follower, open);
    }
    if ((*item)->kind == client::Item::Kind::event && awaited.settle((*item)->node["task"])) {
      session.out().line((*item)->text);
    }
  }
  return final_status(session, awaited.status());
}

}  // namespace bus::cli
