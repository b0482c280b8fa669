#include "core/cli/wait_ci_poll.h"

#include "core/json/writer.h"

namespace bus::cli {
namespace {

constexpr std::int64_t kLease = 60;  // s; a wait that is killed is polled for as long
constexpr seconds kRenewAfter{20}, kAgain{1};
constexpr milliseconds kLookAgain{200};

}  // namespace

CiPoll::CiPoll(const CiRules& rules, std::optional<std::int64_t> pull) {
  Wish& wish = wish_.emplace();
  wish.repo = rules.repo;
  wish.member = pull ? "pull" : rules.run ? "run" : "sha";
  if (pull)
    wish.value = std::to_string(*pull);
  else if (rules.run)
    wish.value = std::to_string(*rules.run);
  else
    json::append_string(wish.value, rules.sha);
}

client::Call CiPoll::call(const char* op) const {
  client::Call call("deliver");
  json::Writer& out = call.params();
  out.member("source", "github").key("message").begin_object().member("op", op).member("repo", wish_->repo);
  out.member("lease_s", kLease).key(wish_->member).raw(wish_->value).end_object();
  return call;
}

Status CiPoll::keep(client::Connection& host) {
  const Mono now = system_clock().monotonic();
  if (!wish_ || now < due_) return Ok{};
  const auto taken = host.ask(call("follow"));
  if (taken) {
    looked_ = (*taken)["reply"]["looked"].boolean().value_or(true);
    due_ = now + (looked_ ? Mono::duration(kRenewAfter) : Mono::duration(kLookAgain));
    return Ok{};
  }
  // The host or its source is away: it is asked again when there is one.
  const bool away = taken.error().code == Code::stopping || taken.error().code == Code::unavailable;
  if (!away) return taken.error();
  due_ = now + kAgain;
  return Ok{};
}

void CiPoll::end(client::Connection& host) {
  if (!wish_ || due_ == Mono{}) return;
  (void)host.ask(call("unfollow"));
}

}  // namespace bus::cli
