// bus token create|list|remove: who may use the HTTP events API. The host keeps them; only hashes are stored.
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kCreateExamples[] = {
    {"bus token create ci --scope events:write --ttl 30d",
     "A token for a script that sends events; shown once."},
    {"bus token create dashboard --scope events:read", "One that may read, without an end."},
};
constexpr Positional kName[] = {{.name = "NAME", .help = "What the token is called.", .required = true}};
constexpr Option kCreateOptions[] = {
    {.name = "scope",
     .value = "SCOPE",
     .help = "events:read or events:write; both may be given.",
     .many = Many::again},
    {.name = "ttl", .value = "D", .help = "How long it is good, as in 30d; for ever if left out."},
};
constexpr Example kListExamples[] = {
    {"bus token list", "Names, scopes and ends; never the tokens themselves."}};
constexpr Example kRemoveExamples[] = {{"bus token remove ci", "It is refused from now on."}};
constexpr ExitMeaning kCreateExits[] = {{kTryAgain, "there is a token of that name"}};
constexpr ExitMeaning kRemoveExits[] = {{kNotFound, "there is no token of that name"}};

Result<json::Node> ask(client::Connection& host, const Session& session, std::string_view what) {
  client::Call call("token");
  json::Writer& params = call.params();
  params.member("do", what).member_if("name", session.args().positional(0));
  if (what == "create") {
    params.member_if("ttl", session.args().get_or("ttl", "")).key("scopes").begin_array();
    for (const std::string& scope : session.args().all("scope")) params.string(scope);
    params.end_array();
  }
  return host.ask(std::move(call));
}

Result<int> run_create(Session& session) {
  if (session.args().all("scope").empty()) {
    return session.usage("--scope is missing",
                         "say what it may do: --scope events:read, --scope events:write");
  }
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto made = ask(*host, session, "create");
  if (!made) return made.error();
  session.out().line(session.json() ? std::string(host->raw_result())
                                    : std::string((*made)["token"].string_or("")));
  session.remark("bus: this is the only time that it is shown; send it as  Authorization: Bearer TOKEN");
  return kGood;
}

std::string line_of(json::Node token) {
  std::string line = printable(token["name"].string_or(""));
  for (const json::Node scope : token["scopes"].elements()) line += "  " + printable(scope.string_or(""));
  const std::string_view expires = token["expires"].string_or("");
  return line + "  " + (expires.empty() ? std::string("without an end") : "until " + printable(expires));
}

Result<int> run_list(Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto listed = ask(*host, session, "list");
  if (!listed) return listed.error();
  json::RawElements texts(json::raw_member(host->raw_result(), "tokens"));
  for (const json::Node token : (*listed)["tokens"].elements()) {
    const std::string_view text = texts.next();
    session.out().line(session.json() ? std::string(text) : line_of(token));
  }
  return kGood;
}

Result<int> run_remove(Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  if (const auto removed = ask(*host, session, "remove"); !removed) return removed.error();
  session.remark("bus: token '" + printable(session.args().positional(0)) + "' is removed");
  return kGood;
}

}  // namespace

extern const Verb kTokenCreate, kTokenList, kTokenRemove;
const Verb kTokenCreate = {.name = "token create",
                           .summary = "make a token for the HTTP events API",
                           .examples = kCreateExamples,
                           .positionals = kName,
                           .options = kCreateOptions,
                           .notes = "With --json one object: {\"name\", \"token\"}.",
                           .exits = kCreateExits,
                           .run = run_create};
const Verb kTokenList = {
    .name = "token list",
    .summary = "show the tokens' names and what they may do",
    .examples = kListExamples,
    .notes = "With --json each line is {\"name\", \"scopes\", \"created\", \"expires\"}.",
    .run = run_list};
const Verb kTokenRemove = {.name = "token remove",
                           .summary = "end a token",
                           .examples = kRemoveExamples,
                           .positionals = kName,
                           .exits = kRemoveExits,
                           .run = run_remove};

}  // namespace bus::cli
