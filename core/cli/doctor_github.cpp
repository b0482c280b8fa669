#include "core/cli/doctor_github.h"

#include "core/base/text.h"
#include "core/cli/github_source.h"

namespace bus::cli {
namespace {

Verdict verdict_of(std::string_view word) {
  return word == "ok" ? Verdict::ok : word == "fail" ? Verdict::fail : Verdict::warn;
}

}  // namespace

void check_at_github(client::Connection host, bool token_set,
                     const std::function<void(const Check&)>& report) {
  GithubSource source(std::move(host), "github");
  const auto status = source.ask("status");
  if (!status) return;  // switched off: nothing of it is needed
  if (!token_set && (*status)["repositories"].size() == 0) return;
  const auto found = source.run_errand("check");
  if (!found) {
    return report({"github api", Verdict::warn, "it could not be asked: " + found.error().message,
                   "see: bus github status"});
  }
  for (const json::Node one : (*found)["checks"].elements()) {
    report({std::string(one["check"].string_or("github")), verdict_of(one["verdict"].string_or("")),
            std::string(one["message"].string_or("")), std::string(one["hint"].string_or(""))});
  }
}

}  // namespace bus::cli
