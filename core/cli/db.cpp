// bus db stats|check|backup|prune, and bus events query: looking after the store, and asking it in SQL.
#include <filesystem>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kStatsExamples[] = {{"bus db stats", "How many events, and how much space they take."}};
constexpr Example kCheckExamples[] = {{"bus db check", "Reads the whole file; disturbs nobody."}};
constexpr Example kBackupExamples[] = {
    {"bus db backup ~/bus-backup.db", "A consistent copy, while the host goes on."}};
constexpr Example kPruneExamples[] = {
    {"bus db prune --age 30d", "Removes what came in more than 30 days ago."},
    {"bus db prune --keep-events 100000 --force",
     "Keeps the newest 100,000, also of what a cursor has not read."},
};
constexpr Example kQueryExamples[] = {
    {"bus events query 'SELECT source, count(*) FROM events GROUP BY source'", "Events of each source."},
    {"bus events query 'SELECT id, state, result FROM tasks' --json", "One object a row."},
};
constexpr Positional kPath[] = {
    {.name = "FILE", .help = "The copy; must not be there yet.", .required = true}};
constexpr Positional kSql[] = {
    {.name = "SQL", .help = "One SELECT over the tables of SCHEMA.md.", .required = true}};
constexpr Option kPruneOptions[] = {
    {.name = "age", .value = "D", .help = "Keep what came in during the last D."},
    {.name = "keep-events", .value = "N", .help = "Keep the newest N."},
    {.name = "keep-bytes", .value = "N", .help = "Keep about N bytes."},
    {.name = "force", .help = "Also remove what a named cursor has not acknowledged."},
};
constexpr Option kQueryOptions[] = {
    {.name = "limit", .value = "N", .help = "At most N rows; 1000 if left out."}};
constexpr ExitMeaning kCheckExits[] = {{kNotOk, "the file is damaged"}};
constexpr ExitMeaning kBackupExits[] = {{kTryAgain, "there is a file of that name already"}};

Result<json::Node> ask(client::Connection& host, client::Call call) {
  return host.ask(std::move(call));
}

client::Call db(std::string_view what) {
  client::Call call("db");
  call.params().member("do", what);
  return call;
}

// Prints each member of the answer on a line of its own, or the answer as JSON.
void write_answer(Session& session, const client::Connection& host, json::Node answer) {
  if (session.json()) return session.out().line(host.raw_result());
  for (const json::Member& member : answer.members()) {
    session.out().line(std::string(member.key) + "  " +
                       printable(json::raw_member(host.raw_result(), member.key)));
  }
}

Result<int> run_simple(Session& session, client::Call call) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto answer = ask(*host, std::move(call));
  if (!answer) return answer.error();
  write_answer(session, *host, *answer);
  return kGood;
}

Result<int> run_stats(Session& session) {
  return run_simple(session, db("stats"));
}

Result<int> run_check(Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto answer = ask(*host, db("check"));
  if (!answer) return answer.error();
  const bool good = (*answer)["ok"].boolean().value_or(false);
  if (session.json()) {
    session.out().line(host->raw_result());
  } else {
    session.out().line(good ? "the store is well" : "the store is damaged:");
    for (const json::Node problem : (*answer)["problems"].elements()) {
      session.out().line("  " + printable(problem.string_or("")));
    }
  }
  return good ? kGood : kNotOk;
}

Result<int> run_backup(Session& session) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(session.args().positional(0), failed);
  client::Call call = db("backup");
  call.params().member("path", path.lexically_normal().string());
  return run_simple(session, std::move(call));
}

Result<int> run_prune(Session& session) {
  const auto events = session.args().integer("keep-events", 1, INT64_MAX);
  const auto bytes = session.args().integer("keep-bytes", 1, INT64_MAX);
  if (!events) return events.error();
  if (!bytes) return bytes.error();
  client::Call call = db("prune");
  json::Writer& params = call.params();
  params.member_if("age", session.args().get_or("age", "")).member("force", session.args().has("force"));
  if (*events) params.member("keep_events", **events);
  if (*bytes) params.member("keep_bytes", **bytes);
  return run_simple(session, std::move(call));
}

// A row as {"column": value, …}.
std::string row_object(json::Node columns, json::Node row, std::string_view text) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  json::RawElements values(text);
  for (std::size_t i = 0; i < row.size(); ++i) writer.key(columns.at(i).string_or("")).raw(values.next());
  writer.end_object();
  return out;
}

std::string row_line(json::Node row, std::string_view text) {
  std::string line;
  json::RawElements values(text);
  for (const json::Node value : row.elements()) {
    const std::string_view raw = values.next();
    line += (line.empty() ? "" : "\t") + printable(value.string().value_or(raw));
  }
  return line;
}

Result<int> run_query(Session& session) {
  const auto limit = session.args().integer("limit", 1, 100'000);
  if (!limit) return limit.error();
  auto host = session.connect();
  if (!host) return std::move(host).error();
  client::Call call("query");
  call.params().member("sql", session.args().positional(0)).member("limit", limit->value_or(1000));
  const auto answer = ask(*host, std::move(call));
  if (!answer) return answer.error();
  json::RawElements rows(json::raw_member(host->raw_result(), "rows"));
  for (const json::Node row : (*answer)["rows"].elements()) {
    const std::string_view text = rows.next();
    session.out().line(session.json() ? row_object((*answer)["columns"], row, text) : row_line(row, text));
  }
  if ((*answer)["more"].boolean().value_or(false)) session.remark("bus: there are more rows; raise --limit");
  return kGood;
}

}  // namespace

extern const Verb kDbStats, kDbCheck, kDbBackup, kDbPrune, kEventsQuery;
const Verb kDbStats = {.name = "db stats",
                       .summary = "show how large the store is",
                       .examples = kStatsExamples,
                       .notes = "With --json one object with the same members.",
                       .run = run_stats};
const Verb kDbCheck = {.name = "db check",
                       .summary = "check the store's file",
                       .examples = kCheckExamples,
                       .notes = "With --json one object: {\"ok\", \"problems\"}.",
                       .exits = kCheckExits,
                       .run = run_check};
const Verb kDbBackup = {.name = "db backup",
                        .summary = "copy the store while it is used",
                        .examples = kBackupExamples,
                        .positionals = kPath,
                        .notes = "With --json one object: {\"path\"}.",
                        .exits = kBackupExits,
                        .run = run_backup};
const Verb kDbPrune = {.name = "db prune",
                       .summary = "remove old events",
                       .examples = kPruneExamples,
                       .options = kPruneOptions,
                       .notes =
                           "The newest event always stays. With --json one object: {\"removed\", "
                           "\"held_back_by_cursors\"}.",
                       .run = run_prune};
const Verb kEventsQuery = {
    .name = "events query",
    .summary = "ask the store in SQL, reading only",
    .examples = kQueryExamples,
    .positionals = kSql,
    .options = kQueryOptions,
    .notes =
        "Lines are the columns with tabs between them. With --json each line is an object, "
        "a member for each column. A query that takes longer than 5 s is ended.",
    .run = run_query};

}  // namespace bus::cli
