// The rule book's half of SqliteStore.
#include <algorithm>

#include "core/store/sqlite_store_impl.h"

namespace bus::store {

std::string rule_cursor(std::string_view rule) {
  return "rule:" + std::string(rule);
}

Status SqliteStore::begin_rule(std::string_view rule, std::uint64_t since) {
  MutexLock lock(writer_);
  if (Status begun = begin_.run(); !begun) return begun;
  Status done = begin_rule_.bind(1, rule).bind(2, since).run();
  if (done && db_.changes() != 0)
    done = save_cursor_.bind(1, rule_cursor(rule)).bind(2, since).bind(3, clock_.now().us).run();
  return finish(std::move(done));
}

Status SqliteStore::settle_all(std::string_view rule, std::span<const RuleMatch> matches,
                               std::uint64_t cursor, std::uint64_t begun) {
  for (const RuleMatch& match : matches) {
    save_match_.bind(1, rule).bind(2, match.seq).bind(3, match.decision).bind_if(4, match.why);
    save_match_.bind(5, match.run).bind(6, match.at.us);
    save_match_.bind(7, match.until ? match.until->us : std::int64_t{0});
    if (Status saved = save_match_.run(); !saved) return saved;
  }
  if (Status saved = save_begun_.bind(1, rule).bind(2, begun).run(); !saved) return saved;
  return save_cursor_.bind(1, rule_cursor(rule)).bind(2, cursor).bind(3, clock_.now().us).run();
}

Status SqliteStore::settle(std::string_view rule, std::span<const RuleMatch> matches, std::uint64_t cursor,
                           std::uint64_t begun) {
  MutexLock lock(writer_);
  if (Status started = begin_.run(); !started) return started;
  return finish(settle_all(rule, matches, cursor, begun));
}

Status SqliteStore::end_rule(std::string_view rule) {
  MutexLock lock(writer_);
  if (Status begun = begin_.run(); !begun) return begun;
  Status done = end_matches_.bind(1, rule).run();
  if (done) done = end_rule_.bind(1, rule).run();
  if (done) done = remove_cursor_.bind(1, rule_cursor(rule)).run();
  return finish(std::move(done));
}

Result<std::optional<RuleProgress>> SqliteStore::rule_progress(std::string_view rule) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  auto statement = (*reader)->db.prepare(
      "SELECT since,begun,coalesce((SELECT seq FROM cursors WHERE name=?2),since) FROM rules WHERE name=?1");
  if (!statement) return std::move(statement).error();
  const auto row = statement->bind(1, rule).bind(2, rule_cursor(rule)).step();
  if (!row) return row.error();
  if (!*row) return std::optional<RuleProgress>();
  return std::optional(RuleProgress{
      .since = statement->uinteger(0), .cursor = statement->uinteger(2), .begun = statement->uinteger(1)});
}

Result<std::vector<RuleMatch>> SqliteStore::rule_matches(const RuleMatchQuery& query) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  auto statement = (*reader)->db.prepare(
      std::string(
          "SELECT seq,decision,coalesce(why,''),coalesce(run,0),at,until FROM rule_matches WHERE rule=?1 AND "
          "seq BETWEEN ?2 AND ?3 AND (?4=0 OR run=?4) ORDER BY seq") +
      (query.newest ? " DESC" : "") + " LIMIT ?5");
  if (!statement) return std::move(statement).error();
  constexpr std::uint64_t kMost = INT64_MAX;
  statement->bind(1, query.rule).bind(2, query.from).bind(3, std::min(query.to, kMost));
  statement->bind(4, query.run).bind(5, static_cast<std::uint64_t>(query.limit));
  std::vector<RuleMatch> matches;
  for (;;) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return matches;
    RuleMatch& match = matches.emplace_back();
    match.seq = statement->uinteger(0);
    match.decision = statement->text(1);
    match.why = statement->text(2);
    match.run = statement->uinteger(3);
    match.at = Time{statement->integer(4)};
    if (const auto until = statement->integer(5); until != 0) match.until = Time{until};
  }
}

}  // namespace bus::store
