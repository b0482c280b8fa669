#include "core/cli/ci_wait.h"

#include <algorithm>
#include <cstdlib>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/checkout.h"
#include "core/cli/each_task.h"
#include "core/cli/exit_codes.h"
#include "core/cli/following.h"
#include "core/cli/shorthand.h"
#include "core/cli/wait_ci_view.h"
#include "core/cli/wait_watch.h"

namespace bus::cli {

using client::Item;

namespace {

std::optional<Mono> earlier(std::optional<Mono> a, std::optional<Mono> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

PullRequest read_pull(json::Node pull) {
  PullRequest read;
  read.title = pull["title"].string_or("");
  read.state = pull["state"].string_or("");
  read.author = pull["user"]["login"].string_or("");
  read.url = pull["html_url"].string_or("");
  read.draft = pull["draft"].boolean().value_or(false);
  read.merged = pull["merged"].boolean().value_or(!pull["merged_at"].string_or("").empty());
  return read;
}

}  // namespace

CiWait::CiWait(CiTarget target) : target_(std::move(target)), checks_(target_.rules) {
  if (target_.poll) poll_ = CiPoll(target_.rules, target_.pull);
}

// Events of the repository, in whatever case it was named.
std::string CiWait::here() const {
  return "source == \"github\" && scope.lowerAscii() == " + cel_string(lower_ascii(target_.rules.repo));
}

std::string CiWait::where() const {
  const CiRules& rules = target_.rules;
  std::string what;
  if (!target_.pull && !rules.run) what = " && task.sha.startsWith(" + cel_string(rules.sha) + ")";
  return here() + what;
}

// The newest event for which that holds as well; `visit` sees it, if there is one.
template <class Visit>
Status CiWait::newest(client::Connection& host, const std::string& what, Visit visit) {
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

Status CiWait::find_head(client::Connection& host) {
  const std::string number = std::to_string(*target_.pull);
  return newest(host, " && data.pull_request.number == " + number + " && has(data.pull_request.head.sha)",
                [this](json::Node event) { look_for_head(event); });
}

// A newer commit of the pull request has checks of its own.
void CiWait::look_for_head(json::Node event) {
  const json::Node pull = event["data"]["pull_request"];
  if (pull["number"].integer() != target_.pull) return;
  const std::string sha = lower_ascii(pull["head"]["sha"].string_or(""));
  const std::string_view moved = pull["updated_at"].string_or("");  // GitHub's form: sorts by time
  if (sha.empty() || moved < head_since_) return;
  head_since_ = moved;
  pull_ = read_pull(pull);
  if (sha == target_.rules.sha) return;
  target_.rules.sha = sha;
  checks_ = CiChecks(target_.rules);
  incomplete_ = true;
}

// The run's task. GitHub does not mind the case of a repository's name; ids are taken as they are.
Result<std::string> CiWait::run_id(client::Connection& host) {
  if (canonical_.empty()) {
    Status asked = newest(host, "", [this](json::Node event) { canonical_ = event["scope"].string_or(""); });
    if (!asked) return std::move(asked).error();
  }
  const std::string& repo = canonical_.empty() ? target_.rules.repo : canonical_;
  return "github:" + repo + "/run/" + std::to_string(*target_.rules.run);
}

Status CiWait::ask(client::Connection& host) {
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

void CiWait::take(const Item& item) {
  if (target_.pull) look_for_head(item.node);
  const auto received = parse_time(item.node["received"].string_or(""));
  checks_.take(item.node["task"], item.seq, received ? *received : system_clock().now(),
               json::raw_member(item.text, "task"));
}

std::vector<std::string> CiWait::outstanding() const {
  if (target_.pull && target_.rules.sha.empty())
    return {"an event of pull request #" + std::to_string(*target_.pull) + " of " + target_.rules.repo};
  return checks_.outstanding();
}

Result<std::string> ci_repo(const Session& session) {
  if (const auto given = session.args().get("repo")) {
    if (is_repo(*given)) return *given;
    return session.usage("--repo wants OWNER/REPO, not '" + *given + "'");
  }
  const char* host = std::getenv("GH_HOST");
  return checkout_repo(host == nullptr ? "" : host);
}

Result<client::Follower> open_ci(Session& session, CiWait& wait) {
  const auto paths = session.paths();
  if (!paths) return paths.error();
  client::Subscribe subscribe;
  subscribe.where = wait.where();
  subscribe.new_only = true;
  subscribe.data = wait.wants_data();
  auto follower = client::Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return follower;
  // Now that nothing can fall between the answer and what comes.
  Status asked = follower->asking([&](client::Connection& host) { return wait.ask(host); });
  if (!asked) return std::move(asked).error();
  return follower;
}

void print_checks(Session& session, const CiWait& wait, std::optional<int> status) {
  if (!session.json()) {
    for (const std::string& line : ci_table(wait.checks())) session.out().line(line);
    return;
  }
  for (const CiCheck* check : wait.checks().shown()) session.out().line(check->text);
  session.out().line(wait.checks().summary(status));
}

// Waits until the answer is there. It is given only after the host was asked once more: what was missed
// while a host was away is in its store.
Result<int> follow_ci(Session& session, CiWait& wait, client::Follower& follower,
                      std::optional<Mono> deadline, const std::function<void(std::optional<int>)>& print) {
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
        print(answer);
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
    print(std::nullopt);
    return timed_out(session, follower, wait.outstanding(), {{{"github"}}, wait.checks().unknown()});
  }
}

}  // namespace bus::cli
