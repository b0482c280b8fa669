// The reading half of SqliteStore: each call borrows a connection of its own, so that readers never wait for
// the writer or for each other.
#include <sys/stat.h>

#include <algorithm>

#include "core/store/sqlite_store_impl.h"

namespace bus::store {
namespace {

constexpr std::string_view kEventColumns = "seq,head,body";

RecordPtr record_of(const Statement& row) {
  auto record = std::make_shared<Record>();
  record->seq = row.uinteger(0);
  record->json.head = static_cast<std::size_t>(row.uinteger(1));
  record->json.text = row.text(2);
  return record;
}

Ulid ulid_of(std::string_view bytes) {
  Ulid id;
  if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

std::uint64_t size_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace

Result<std::unique_ptr<ReadConnection>> ReadConnection::open(const std::string& path) {
  auto db = Connection::open(path, Connection::Mode::read);
  if (!db) return std::move(db).error();
  auto reader = std::make_unique<ReadConnection>();
  reader->db = std::move(*db);
  const std::string select = "SELECT " + std::string(kEventColumns) + " FROM events WHERE ";
  const std::pair<Statement*, std::string> statements[] = {
      {&reader->page, select + "seq>?1 ORDER BY seq LIMIT ?2"},
      {&reader->newest, select + "seq<?1 AND seq>?2 ORDER BY seq DESC LIMIT ?3"},
      {&reader->one, select + "seq=?1"},
      {&reader->id_at, "SELECT seq,id FROM events WHERE seq>=?1 ORDER BY seq LIMIT 1"},
      {&reader->raw, "SELECT body FROM bodies WHERE seq=?1"},
      {&reader->cursor, "SELECT name,seq,updated FROM cursors WHERE name=?1"},
      {&reader->cursors, "SELECT name,seq,updated FROM cursors ORDER BY name"},
      {&reader->value, "SELECT value FROM plugin_values WHERE owner=?1 AND key=?2"},
      {&reader->counts, "SELECT (SELECT count(*) FROM events),(SELECT count(*) FROM tasks)"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = reader->db.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  return reader;
}

Result<Page> SqliteStore::read(std::uint64_t after, std::size_t most, std::size_t bytes) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->page);
  Statement& page = (*reader)->page;
  page.bind(1, after).bind(2, static_cast<std::uint64_t>(most));
  Page out;
  out.last = after;
  for (std::size_t size = 0; size < bytes && out.records.size() < most;) {
    const auto found = page.step();
    if (!found) return found.error();
    if (!*found) {
      out.end = true;
      return out;
    }
    out.records.push_back(record_of(page));
    out.last = out.records.back()->seq;
    size += out.records.back()->json.text.size();
  }
  return out;
}

Result<Page> SqliteStore::read_before(std::uint64_t before, std::uint64_t after, std::size_t most) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->newest);
  Statement& newest = (*reader)->newest;
  newest.bind(1, before).bind(2, after).bind(3, static_cast<std::uint64_t>(most));
  Page out;
  out.last = after;
  for (;;) {
    const auto found = newest.step();
    if (!found) return found.error();
    if (!*found) break;
    out.records.push_back(record_of(newest));
  }
  std::reverse(out.records.begin(), out.records.end());
  if (!out.records.empty()) out.last = out.records.back()->seq;
  out.end = out.records.size() < most;
  return out;
}

Result<RecordPtr> SqliteStore::find(std::uint64_t seq) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->one);
  const auto found = (*reader)->one.bind(1, seq).step();
  if (!found) return found.error();
  if (!*found) return error(Code::not_found, "no event with seq " + std::to_string(seq));
  return record_of((*reader)->one);
}

Result<std::uint64_t> SqliteStore::first_at_or_after(const Ulid& id) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Bounds range = bounds();
  // ids grow with seq: a binary search needs no index.
  std::uint64_t low = range.first;
  std::uint64_t high = range.last + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const Using row((*reader)->id_at);
    const auto found = (*reader)->id_at.bind(1, middle).step();
    if (!found) return found.error();
    if (*found && ulid_of((*reader)->id_at.text(1)) < id) {
      low = (*reader)->id_at.uinteger(0) + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<std::uint64_t> SqliteStore::seq_of(const Ulid& id) const {
  const auto seq = first_at_or_after(id);
  if (!seq) return seq.error();
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->id_at);
  const auto found = (*reader)->id_at.bind(1, *seq).step();
  if (!found) return found.error();
  if (!*found || ulid_of((*reader)->id_at.text(1)) != id) {
    return error(Code::not_found, "no event with id " + id.text());
  }
  return (*reader)->id_at.uinteger(0);
}

Result<std::uint64_t> SqliteStore::seq_before(Time time) const {
  const auto seq = first_at_or_after(Ulid::lowest_of(time));
  if (!seq) return seq.error();
  return *seq == 0 ? 0 : *seq - 1;
}

Result<std::string> SqliteStore::raw(std::uint64_t seq) const {
  {
    auto reader = borrow();
    if (!reader) return std::move(reader).error();
    const Using row((*reader)->raw);
    const auto found = (*reader)->raw.bind(1, seq).step();
    if (!found) return found.error();
    if (*found) return std::string((*reader)->raw.text(0));
  }
  auto record = find(seq);
  if (!record) return std::move(record).error();
  if ((*record)->data().empty()) {
    return error(Code::not_found, "event " + std::to_string(seq) + " has neither a body nor data");
  }
  return std::string((*record)->data());
}

Result<std::vector<TaskRow>> SqliteStore::tasks(const TaskQuery& query) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  std::string sql = "SELECT seq,updated,body FROM tasks WHERE 1";
  std::vector<std::string_view> values;
  const auto want = [&](std::string_view condition, std::string_view value) {
    if (value.empty()) return;
    sql += " AND " + std::string(condition) + "?";
    values.push_back(value);
  };
  want("id=", query.id);
  want("kind=", query.kind);
  want("scope=", query.scope);
  want("state=", query.state);
  if (!query.state.empty() && query.state != "finished") sql += " AND state<>'finished'";  // tasks_open
  want("result=", query.result);
  want("parent=", query.parent);
  if (!query.sha.empty()) {
    sql += " AND substr(sha,1," + std::to_string(query.sha.size()) + ")=?";
    values.push_back(query.sha);
  }
  if (query.before != 0) sql += " AND seq<" + std::to_string(query.before);
  sql += " ORDER BY seq DESC LIMIT " + std::to_string(query.limit);
  auto statement = (*reader)->db.prepare(sql);
  if (!statement) return std::move(statement).error();
  for (std::size_t i = 0; i < values.size(); ++i) statement->bind(static_cast<int>(i + 1), values[i]);
  std::vector<TaskRow> out;
  json::Document document;
  for (;;) {
    const auto found = statement->step();
    if (!found) return found.error();
    if (!*found) return out;
    TaskRow row;
    row.json = statement->text(2);
    const auto node = document.parse(row.json);
    if (!node) return node.error();
    auto task = event::decode_task(*node);
    if (!task) return std::move(task).error();
    row.task = std::move(*task);
    row.seq = statement->uinteger(0);
    row.updated = {statement->integer(1)};
    out.push_back(std::move(row));
  }
}

Result<Cursor> SqliteStore::cursor(std::string_view name) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->cursor);
  const auto found = (*reader)->cursor.bind(1, name).step();
  if (!found) return found.error();
  if (!*found) return error(Code::not_found, "no cursor '" + std::string(name) + "'");
  return Cursor{std::string(name), (*reader)->cursor.uinteger(1), {(*reader)->cursor.integer(2)}};
}

Result<std::vector<Cursor>> SqliteStore::cursors() const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->cursors);
  std::vector<Cursor> out;
  for (;;) {
    const auto found = (*reader)->cursors.step();
    if (!found) return found.error();
    if (!*found) return out;
    const Statement& at = (*reader)->cursors;
    out.push_back({std::string(at.text(0)), at.uinteger(1), {at.integer(2)}});
  }
}

Result<std::optional<std::string>> SqliteStore::value(std::string_view owner, std::string_view key) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->value);
  const auto found = (*reader)->value.bind(1, owner).bind(2, key).step();
  if (!found) return found.error();
  if (!*found) return std::optional<std::string>();
  return std::optional<std::string>((*reader)->value.text(0));
}

Result<Stats> SqliteStore::stats() const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  const Using row((*reader)->counts);
  const auto found = (*reader)->counts.step();
  if (!found) return found.error();
  Stats out;
  out.events = (*reader)->counts.uinteger(0);
  out.tasks = (*reader)->counts.uinteger(1);
  out.bounds = bounds();
  out.file_bytes = size_of(path_);
  out.wal_bytes = size_of(path_ + "-wal");
  const auto free = (*reader)->db.integer("PRAGMA freelist_count");
  const auto page = (*reader)->db.integer("PRAGMA page_size");
  if (free && page) out.free_bytes = static_cast<std::uint64_t>(*free * *page);
  return out;
}

}  // namespace bus::store
