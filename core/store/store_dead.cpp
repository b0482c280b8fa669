// Dead letters: what sinks refused.
#include <algorithm>

#include "core/store/sqlite_store_impl.h"

namespace bus::store {
namespace {

std::string_view bytes_of(const Ulid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

DeadLetter letter_of(const Statement& row) {
  DeadLetter letter;
  letter.id = row.uinteger(0);
  letter.sink = row.text(1);
  letter.seq = row.uinteger(2);
  const std::string_view event = row.text(3);
  if (event.size() == letter.event.bytes.size())
    std::copy(event.begin(), event.end(), letter.event.bytes.begin());
  letter.code = code_named(row.text(4)).value_or(Code::fault);
  letter.reason = row.text(5);
  letter.attempts = static_cast<std::uint32_t>(row.uinteger(6));
  letter.first = {row.integer(7)};
  letter.last = {row.integer(8)};
  letter.json.head = static_cast<std::size_t>(row.uinteger(9));
  letter.json.text = row.text(10);
  return letter;
}

}  // namespace

Result<std::uint64_t> SqliteStore::bury(const DeadLetter& letter, std::string_view cursor,
                                        std::uint64_t most) {
  MutexLock lock(writer_);
  if (Status begun = begin_.run(); !begun) return std::move(begun).error();
  auto evicted = bury_one(letter, cursor, most);
  if (Status done = finish(evicted ? Status(Ok{}) : Status(evicted.error())); !done)
    return std::move(done).error();
  return evicted;
}

Result<std::uint64_t> SqliteStore::bury_one(const DeadLetter& letter, std::string_view cursor,
                                            std::uint64_t most) {
  bury_.bind(1, letter.sink).bind(2, letter.seq).bind_blob(3, bytes_of(letter.event));
  bury_.bind(4, name(letter.code)).bind(5, letter.reason).bind(6, std::uint64_t{letter.attempts});
  bury_.bind(7, letter.last.us).bind(8, static_cast<std::uint64_t>(letter.json.head));
  bury_.bind(10, letter.first == Time{} ? letter.last.us : letter.first.us);
  if (Status done = bury_.bind(9, letter.json.text).run(); !done) return std::move(done).error();
  if (!cursor.empty()) {
    Status saved = save_cursor_.bind(1, cursor).bind(2, letter.seq).bind(3, clock_.now().us).run();
    if (!saved) return std::move(saved).error();
  }
  if (Status done = evict_dead_.bind(1, most).run(); !done) return std::move(done).error();
  return static_cast<std::uint64_t>(db_.changes());
}

Result<std::vector<DeadLetter>> SqliteStore::dead_letters(const DeadQuery& query) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  auto statement = (*reader)->db.prepare(
      "SELECT id,sink,seq,event,code,reason,attempts,first,last,head,iif(?5,body,substr(CAST(body AS "
      "BLOB),1,head)||'}')"
      " FROM dead_letters WHERE id>?1 AND (?2=0 OR id=?2) AND (?3='' OR sink=?3) ORDER BY id LIMIT ?4");
  if (!statement) return std::move(statement).error();
  statement->bind(1, query.after).bind(2, query.id).bind(3, query.sink);
  statement->bind(4, static_cast<std::uint64_t>(query.limit)).bind(5, std::int64_t{query.data ? 1 : 0});
  std::vector<DeadLetter> out;
  for (;;) {
    const auto found = statement->step();
    if (!found) return found.error();
    if (!*found) return out;
    out.push_back(letter_of(*statement));
  }
}

Result<std::map<std::string, std::uint64_t>> SqliteStore::count_dead_letters() const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  auto statement = (*reader)->db.prepare("SELECT sink,count(*) FROM dead_letters GROUP BY sink");
  if (!statement) return std::move(statement).error();
  std::map<std::string, std::uint64_t> out;
  for (;;) {
    const auto found = statement->step();
    if (!found) return found.error();
    if (!*found) return out;
    out[std::string(statement->text(0))] = statement->uinteger(1);
  }
}

Status SqliteStore::drop_dead_letter(std::uint64_t id) {
  MutexLock lock(writer_);
  if (Status dropped = drop_dead_.bind(1, id).run(); !dropped) return dropped;
  if (db_.changes() == 0) return error(Code::not_found, "there is no dead letter " + std::to_string(id));
  return Ok{};
}

}  // namespace bus::store
