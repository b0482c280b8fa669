#include "core/cli/wait_test.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/following.h"
#include "core/cli/shorthand.h"
#include "core/cli/wait_watch.h"
#include "core/client/follower.h"

namespace bus::cli {
namespace {

constexpr std::size_t kShownWhole = 50;  // failures that are shown with their text

// What went wrong within the session: the events that brought those tests where they are, in their order.
Result<std::vector<std::int64_t>> bad_tests(client::Connection& host, const std::string& session_task) {
  std::vector<std::int64_t> seqs;
  for (const std::string_view result : {"failure", "error"}) {
    client::Call call("tasks");
    call.params().member("parent", session_task).member("result", result).member("limit", 1000);
    const auto answer = host.ask(std::move(call));
    if (!answer) return answer.error();
    for (const json::Node task : (*answer)["tasks"].elements())
      seqs.push_back(task["seq"].integer().value_or(0));
  }
  std::sort(seqs.begin(), seqs.end());
  return seqs;
}

std::string indent(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(trim(text), '\n')) out.append("\n    ").append(line);
  return out;
}

void print_failure(Session& session, json::Node event, std::string_view raw, bool whole) {
  if (session.json()) return session.out().line(raw);
  const json::Node data = event["data"];
  std::string text =
      printable(event["task"]["result"].string_or("")) + "  " + printable(event["subject"].string_or(""));
  if (const auto line = data["line"].integer()) {
    text += "  " + printable(data["file"].string_or("")) + ":" + std::to_string(*line);
  }
  const std::string_view shown = data["text"].string_or(data["message"].string_or(""));
  if (whole && !shown.empty()) text += indent(printable_lines(shown));
  session.out().line(text);
}

Status print_failures(Session& session, client::Connection& host, const std::string& session_task) {
  const auto seqs = bad_tests(host, session_task);
  if (!seqs) return seqs.error();
  std::size_t shown = 0;
  for (const std::int64_t seq : *seqs) {
    client::Call call("event");
    call.params().member("event", std::to_string(seq));
    const auto answer = host.ask(std::move(call));
    if (!answer && answer.error().code == Code::not_found) continue;  // retention was faster
    if (!answer) return answer.error();
    const json::Node event = (*answer)["event"];
    print_failure(session, event, json::raw_member(host.raw_result(), "event"), shown++ < kShownWhole);
  }
  return Ok{};
}

// Whether the task still is in that state: a session that fell silent may have come back.
Result<bool> still_unknown(client::Connection& host, const std::string& task) {
  client::Call call("tasks");
  call.params().member("task", task);
  const auto answer = host.ask(std::move(call));
  if (!answer) return answer.error();
  return (*answer)["tasks"].at(0)["state"].string_or("unknown") == "unknown";
}

// What the end of a session was, kept beyond the next question to the host.
struct Ended {
  std::string task, state, summary, raw;
  bool ok = false;
};

Ended ended_of(const client::Item& item) {
  const json::Node task = item.node["task"];
  return {std::string(task["id"].string_or("")), std::string(task["state"].string_or("")),
          printable(item.node["summary"].string_or("")), std::string(item.text),
          task["ok"].boolean().value_or(false)};
}

Result<int> print_end(Session& session, client::Connection& host, const Ended& ended) {
  if (Status printed = print_failures(session, host, ended.task); !printed) return std::move(printed).error();
  session.out().line(session.json() ? ended.raw : ended.summary);
  return final_status(session, ended.state == "unknown" ? kUnknown : ended.ok ? kGood : kNotOk);
}

Status check_options(const Session& session) {
  for (const std::string_view option : {"count", "all-of", "first-of", "sequence", "within", "absent", "for",
                                        "state", "result", "any", "all", "settle"}) {
    if (session.args().has(option)) {
      return session.usage("bus wait test does not take --" + std::string(option),
                           "it takes --since, --timeout and what says which session: --scope, --sha …");
    }
  }
  return Ok{};
}

// Sessions come from the source `pytest`, unless others were asked for.
Needs needs_of(const Session& session) {
  Needs needs;
  needs.sources = session.args().all("source");
  if (needs.sources->empty()) needs.sources->emplace_back("pytest");
  return needs;
}

}  // namespace

Result<int> wait_for_tests(Session& session) {
  if (Status fits = check_options(session); !fits) return std::move(fits).error();
  const auto deadline = deadline_of(session);
  if (!deadline) return deadline.error();
  auto where = filter_expression(
      session.args(), "task.kind == \"test_session\" && task.state in [\"finished\", \"unknown\"]");
  if (!where) return std::move(where).error();
  if (session.args().has("explain")) {
    session.out().line(*where);
    return kGood;
  }
  client::Subscribe subscribe;
  subscribe.where = std::move(*where);
  subscribe.since = session.args().get_or("since", "now");
  subscribe.new_only = !session.args().has("all-reports");
  const auto paths = session.paths();
  if (!paths) return paths.error();
  auto follower = client::Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return std::move(follower).error();
  for (;;) {
    const auto item = follower->next(*deadline);
    if (!item && item.error().code == Code::stopping) continue;  // a signal that stops nobody
    if (!item) return item.error();
    if (!*item) return timed_out(session, *follower, {"the end of a session of tests"}, needs_of(session));
    tell_of(session, **item);
    if ((*item)->kind != client::Item::Kind::event) continue;
    const Ended ended = ended_of(**item);
    if (ended.state == "unknown") {
      const auto unknown =
          follower->asking([&](client::Connection& host) { return still_unknown(host, ended.task); });
      if (!unknown) return unknown.error();
      if (!*unknown) continue;
    }
    return print_end(session, follower->connection(), ended);
  }
}

}  // namespace bus::cli
