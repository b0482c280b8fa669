#include "core/cli/github_source.h"

#include <chrono>
#include <thread>

namespace bus::cli {
namespace {

// How often an errand is asked about: it waits for another server, which takes longer.
constexpr milliseconds kLookAgain{100};

}  // namespace

const Option kGithubSourceOption = {.name = "source",
                                    .value = "NAME",
                                    .help =
                                        "The source, where the configuration has several of GitHub's; "
                                        "github if left out."};

Result<GithubSource> GithubSource::open(const Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  return GithubSource(std::move(*host), session.args().get_or("source", "github"));
}

Result<json::Node> GithubSource::ask(std::string_view op, const Members& members) {
  client::Call call("deliver");
  json::Writer& out = call.params();
  out.member("source", name_).key("message").begin_object().member("op", op);
  if (members) members(out);
  out.end_object();
  const auto result = host_.ask(std::move(call));
  if (!result) return result.error();
  return (*result)["reply"];
}

Result<json::Node> GithubSource::run_errand(std::string_view op, const Members& members) {
  auto begun = ask(op, members);
  if (!begun) return begun;
  const std::int64_t errand = (*begun)["errand"].integer().value_or(0);
  for (;;) {
    auto reply = ask("errand", [&](json::Writer& out) { out.member("errand", errand); });
    if (!reply) return reply;
    if ((*reply)["done"].boolean().value_or(false)) {
      const json::Node failed = (*reply)["error"];
      if (!failed.exists()) return (*reply)["result"];
      const bool denied = failed["class"].string_or("") == "denied";
      return error(denied ? Code::denied : Code::unavailable, std::string(failed["message"].string_or("")));
    }
    std::this_thread::sleep_for(kLookAgain);  // the source answers when asked, and says nothing by itself
  }
}

}  // namespace bus::cli
