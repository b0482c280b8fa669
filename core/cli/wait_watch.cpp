#include "core/cli/wait_watch.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/following.h"
#include "core/event/json_form.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

using client::Follower;
using client::Item;

int print_answer(Session& session, const WaitPlan& plan) {
  for (const Seen& seen : plan.answer()) session.out().line(seen.text);
  return final_status(session, plan.status());
}

Result<int> watch_for_match(Session& session, WaitPlan& plan, Follower& follower,
                            std::optional<Mono> deadline) {
  for (;;) {
    const auto item = follower.next(deadline);
    if (!item && item.error().code == Code::stopping) continue;  // a signal that stops nobody
    if (!item) return item.error();
    if (!*item) return timed_out(session, follower, plan.outstanding(), plan.needs());
    if ((*item)->kind != Item::Kind::event) {
      tell_of(session, **item);
      continue;
    }
    const auto event = event::decode((*item)->node, (*item)->text);
    if (!event) return event.error();
    if (plan.take(*event, (*item)->text)) return print_answer(session, plan);
  }
}

// When the watching began, in wall time: now, or as long ago as --since says.
Time watching_since(const Session& session) {
  const Time now = system_clock().now();
  const std::string since = session.args().get_or("since", "now");
  if (const auto back = parse_duration(since)) return now - *back;
  if (const auto time = parse_time(since)) return std::min(*time, now);
  return now;
}

// The absence is an answer only if somebody was looking.
int print_absence(Session& session, const WaitPlan& plan, Follower& follower) {
  if (const auto blind = blind_spots(follower.connection(), plan.needs()); blind && !blind->empty()) {
    tell_blind("nothing was seen for " + format_duration(plan.spec().quiet) + ", but that says nothing",
               *blind);
    return kUnknown;
  }
  std::string text;
  json::Writer out(text);
  out.begin_object().member("absent", plan.where()).member("for", format_duration(plan.spec().quiet));
  out.member("since", format_time(plan.due() - plan.spec().quiet)).end_object();
  session.out().line(text);
  return kGood;
}

Result<int> watch_for_absence(Session& session, WaitPlan& plan, Follower& follower,
                              std::optional<Mono> deadline) {
  const Clock& clock = system_clock();
  plan.watch_from(watching_since(session));
  bool caught_up = false;
  for (;;) {
    // A quiet log says nothing until all that is stored has been looked at.
    const Mono due = clock.monotonic() + std::max(plan.due() - clock.now(), microseconds(0));
    std::optional<Mono> until = deadline;
    if (caught_up && (!deadline || due < *deadline)) until = due;
    const auto item = follower.next(until);
    if (!item && item.error().code == Code::stopping) continue;
    if (!item) return item.error();
    if (!*item) {
      if (follower.fd() < 0) return timed_out(session, follower, {plan.where()}, {});
      if (caught_up && clock.now() >= plan.due()) return print_absence(session, plan, follower);
      if (deadline && clock.monotonic() >= *deadline)
        return timed_out(session, follower, {"absence of " + plan.where()}, plan.needs());
      continue;
    }
    if ((*item)->kind == Item::Kind::caught_up) caught_up = true;
    tell_of(session, **item);
    if ((*item)->kind == Item::Kind::gap) plan.seen_at(clock.now());
    if ((*item)->kind == Item::Kind::event) {
      const auto received = parse_time((*item)->node["received"].string_or(""));
      plan.seen_at(received ? *received : clock.now());
    }
  }
}

}  // namespace

Result<int> wait_for_events(Session& session, WaitPlan& plan) {
  const auto deadline = deadline_of(session);
  if (!deadline) return deadline.error();
  const auto paths = session.paths();
  if (!paths) return paths.error();
  client::Subscribe subscribe;
  subscribe.where = plan.where();
  subscribe.since = session.args().get_or("since", "now");
  subscribe.new_only = !session.args().has("all-reports");
  auto follower = Follower::open(*paths, session.connect_options(), std::move(subscribe));
  if (!follower) return std::move(follower).error();
  if (plan.spec().what == WaitFor::absence) return watch_for_absence(session, plan, *follower, *deadline);
  return watch_for_match(session, plan, *follower, *deadline);
}

Result<std::optional<Mono>> deadline_of(const Session& session) {
  const auto timeout = session.args().duration("timeout");
  if (!timeout) return timeout.error();
  if (!*timeout) return std::optional<Mono>();
  return std::optional<Mono>(system_clock().monotonic() + **timeout);
}

std::optional<Mono> look_again(std::optional<Mono> deadline, std::optional<Time> due) {
  if (!due) return deadline;
  const Clock& clock = system_clock();
  const Mono then = clock.monotonic() + std::max(*due - clock.now(), microseconds(0)) + milliseconds(1);
  return deadline ? std::min(*deadline, then) : then;
}

void tell_blind(std::string_view what, const std::vector<std::string>& blind) {
  std::string text = "bus: " + std::string(what) + ": it could not be observed";
  for (const std::string& one : blind) text += "\n  " + printable(one);
  say_error(text);
}

int timed_out(const Session& session, Follower& follower, const std::vector<std::string>& outstanding,
              const Needs& needs) {
  const bool away = follower.fd() < 0;
  const auto blind = away ? Result<std::vector<std::string>>(std::vector<std::string>())
                          : blind_spots(follower.connection(), needs);
  if (away || !blind) {
    tell(error(Code::unavailable, "the host is away: whether it happened is not known", "see: bus doctor"));
    return kUnknown;
  }
  const std::string text = "timed out after " + session.args().get_or("timeout", "");
  if (blind->empty()) {
    session.remark("bus: " + text);
  } else {
    tell_blind(text, *blind);
  }
  for (const std::string& clause : outstanding) session.remark("  outstanding: " + printable(clause));
  return blind->empty() ? kTimedOut : kUnknown;
}

int final_status(const Session& session, int status) {
  return session.args().has("no-exit-status") ? kGood : status;
}

}  // namespace bus::cli
