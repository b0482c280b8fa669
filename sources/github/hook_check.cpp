#include "sources/github/hook_check.h"

#include <cstdlib>
#include <utility>

#include "bus/cpp/text.hpp"
#include "sources/github/redeliver.h"

namespace bus::github {
namespace {

constexpr std::int64_t kSkew = 60 * Budget::kSecond;

bool has_scope(std::string_view scopes, std::string_view wanted) {
  while (!scopes.empty()) {
    std::string_view one = scopes.substr(0, scopes.find(','));
    scopes.remove_prefix(std::min(scopes.size(), one.size() + 1));
    one.remove_prefix(std::min(one.size(), one.find_first_not_of(' ')));
    if (one == wanted) return true;
  }
  return false;
}

}  // namespace

Finding judge_token(std::string_view from, std::string_view scopes) {
  const std::string where(from);
  if (from == "none")
    return {"github token", "warn",
            "there is none: GitHub allows 60 requests an hour, and only what is public",
            "bus secret set github_token < file, or gh auth login"};
  if (scopes.empty())
    return {
        "github token", "ok", "from " + where + "; GitHub accepts it and does not say what it may read", {}};
  const std::string said = "from " + where + "; scopes: " + std::string(scopes);
  if (has_scope(scopes, "repo") || has_scope(scopes, "public_repo")) return {"github token", "ok", said, {}};
  return {"github token", "warn", said,
          "runs of private repositories take the scope repo; those of public ones are read all the same"};
}

Finding judge_skew(std::int64_t skew_us) {
  const std::int64_t seconds = std::llabs(skew_us) / Budget::kSecond;
  const std::string text = "our clock and GitHub's are " + std::to_string(seconds) + " s apart";
  if (std::llabs(skew_us) < kSkew) return {"github clock", "ok", text, {}};
  return {"github clock", "warn", text, "set it, as with: timedatectl set-ntp true"};
}

Finding judge_hooks(const std::string& repo, const std::vector<Hook>& hooks,
                    const std::vector<std::string>& paths) {
  const std::string check = "github hook of " + repo;
  const std::vector<Hook> ours = ours_of(hooks, paths);
  if (ours.empty()) return {check, "ok", "no webhook leads here: it is looked at by asking only", {}};
  const Hook& hook = ours[0];
  const std::string number = "hook " + std::to_string(hook.id);
  if (!hook.active)
    return {check, "warn", number + " is switched off", "switch it on in the repository's settings"};
  if (!hook.has_secret)
    return {check, "fail", number + " has no secret: its deliveries are refused",
            "put the secret github into its settings"};
  if (hook.last_status != 0 && (hook.last_status < 200 || hook.last_status > 299))
    return {check, "warn",
            number + ": the last delivery was answered with " + std::to_string(hook.last_status) + " " +
                hook.last_message,
            "mend that, then: bus github redeliver " + repo};
  if (hook.insecure_ssl)
    return {check, "warn", number + " does not check certificates",
            "switch SSL verification on in its settings"};
  if (!hook.tells("workflow_run") && !hook.tells("check_run") && !hook.tells("status"))
    return {check, "warn", number + " sends none of workflow_run, check_run and status",
            "choose them in its settings, or \"everything\""};
  return {check, "ok", number + " is well", {}};
}

HookCheck::HookCheck(std::string api, std::vector<std::string> repos, std::vector<std::string> paths,
                     std::function<std::string()> token_from, Ask ask, Finish finish)
    : api_(std::move(api)),
      repos_(std::move(repos)),
      paths_(std::move(paths)),
      token_from_(std::move(token_from)),
      ask_(std::move(ask)),
      finish_(std::move(finish)) {}

void HookCheck::begin(std::string api, std::vector<std::string> repos, std::vector<std::string> paths,
                      std::function<std::string()> token_from, Ask ask, Finish finish) {
  const std::shared_ptr<HookCheck> self(new HookCheck(std::move(api), std::move(repos), std::move(paths),
                                                      std::move(token_from), std::move(ask),
                                                      std::move(finish)));
  // It costs nothing, and says who we are.
  self->ask_({"GET", self->api_ + "/rate_limit"}, [self](const Reply& reply) { self->take_limit(reply); });
}

void HookCheck::add(const Finding& finding) {
  if (out_.size() > 1) out_ += ',';
  out_ += JsonObject()
              .text("check", finding.check)
              .text("verdict", finding.verdict)
              .text("message", finding.message)
              .text("hint", finding.hint)
              .done();
}

void HookCheck::take_limit(const Reply& reply) {
  if (!reply.status.ok()) return finish_(reply.status, {});
  if (reply.http == 401) {
    add({"github token", "fail", "GitHub does not accept the token from " + token_from_(),
         "bus secret set github_token < file, or gh auth login"});
    return finish_({}, JsonObject().json("checks", out_ + "]").done());
  }
  // A server of one's own may have no limits, and says so with 404.
  if (reply.http != 200 && reply.http != 404) return finish_(refusal_of(reply, "the budget"), {});
  add(judge_token(token_from_(), reply.scopes));
  add(judge_skew(reply.skew_us));
  next();
}

void HookCheck::next() {
  if (at_ == std::min(repos_.size(), kMostRepos))
    return finish_({}, JsonObject().json("checks", out_ + "]").done());
  const std::string repo = repos_[at_++];
  ask_({"GET", api_ + "/repos/" + repo + "/hooks?per_page=100"},
       [self = shared_from_this(), repo](const Reply& reply) { self->take_hooks(repo, reply); });
}

void HookCheck::take_hooks(const std::string& repo, const Reply& reply) {
  const auto hooks = reply.http == 200 ? read_hooks(reply.body) : std::nullopt;
  if (hooks) {
    add(judge_hooks(repo, *hooks, paths_));
  } else if (reply.status.ok() && (reply.http == 403 || reply.http == 404 || reply.http == 401)) {
    add({"github hook of " + repo,
         "ok",
         "its hooks cannot be read with this token: that takes administration rights",
         {}});
  } else {
    const Status why = refusal_of(reply, "its hooks");
    add({"github hook of " + repo, "warn", why.message(), {}});
  }
  next();
}

}  // namespace bus::github
