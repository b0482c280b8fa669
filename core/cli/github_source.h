// Speaking to the source `github` of the host: one JSON object there, one back (sources/github/INTAKE.md).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/cli/session.h"
#include "core/json/writer.h"

namespace bus::cli {

// The option with which a verb is told the instance; every verb of `bus github` has it.
extern const Option kGithubSourceOption;

// One thread.
class GithubSource {
 public:
  // Adds members to a message.
  using Members = std::function<void(json::Writer&)>;

  // `name`: the instance, as configured.
  GithubSource(client::Connection host, std::string name) : host_(std::move(host)), name_(std::move(name)) {}
  // The instance that --source names, or `github`; starts a host if none answers.
  static Result<GithubSource> open(const Session& session);

  // Sends {"op": op, …} and gives the reply, which is valid until the next call. Code::not_found: there is no
  // such source.
  Result<json::Node> ask(std::string_view op, const Members& members = {});
  // The bytes of the last reply.
  std::string_view raw() const { return json::raw_member(host_.raw_result(), "reply"); }
  // Sends what the source does in the background, and waits for its end: the reply's `result`. Its refusal
  // comes back as an Error.
  Result<json::Node> run_errand(std::string_view op, const Members& members = {});
  // The bytes of that result.
  std::string_view raw_errand() const { return json::raw_member(raw(), "result"); }

 private:
  client::Connection host_;
  std::string name_;
};

}  // namespace bus::cli
