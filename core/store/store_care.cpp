// Retention, checks, copies and free queries.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/json/writer.h"
#include "core/store/sqlite_store_impl.h"

namespace bus::store {
namespace {

constexpr int kCopyPages = 256;  // in one step of a backup; the writer may go between two

// Only reading, and nothing outside of this file.
int only_reads(void*, int action, const char*, const char*, const char*, const char*) {
  const bool allowed = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
                       action == SQLITE_RECURSIVE;
  return allowed ? SQLITE_OK : SQLITE_DENY;
}

// A connection whose statements can only read, and end when their time is up.
class Guarded {
 public:
  Guarded(sqlite3* db, milliseconds time) : db_(db), deadline_(std::chrono::steady_clock::now() + time) {
    sqlite3_set_authorizer(db_, only_reads, nullptr);
    sqlite3_progress_handler(
        db_, 1000, [](void* self) { return static_cast<Guarded*>(self)->over() ? 1 : 0; }, this);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() {
    sqlite3_progress_handler(db_, 0, nullptr, nullptr);
    sqlite3_set_authorizer(db_, nullptr, nullptr);
  }
  bool over() const { return std::chrono::steady_clock::now() > deadline_; }

 private:
  sqlite3* db_;
  std::chrono::steady_clock::time_point deadline_;
};

void write_value(json::Writer& out, sqlite3_stmt* row, int column) {
  const auto bytes = [&] {
    return std::string_view(static_cast<const char*>(sqlite3_column_blob(row, column)),
                            static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
  };
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
      out.integer(sqlite3_column_int64(row, column));
      break;
    case SQLITE_FLOAT:
      out.number(sqlite3_column_double(row, column));
      break;
    case SQLITE_TEXT:
      out.string(bytes());
      break;
    case SQLITE_BLOB: {
      const std::string_view blob = bytes();
      Ulid id;
      if (blob.size() == id.bytes.size()) {  // the only blob that is meant to be read
        std::copy(blob.begin(), blob.end(), id.bytes.begin());
        out.string(id.text());
      } else {
        out.string(blob);
      }
      break;
    }
    default:
      out.null();
  }
}

Result<std::string> rows_of(sqlite3* db, sqlite3_stmt* statement, const QueryLimits& limits,
                            const Guarded& guard) {
  std::string text;
  json::Writer out(text);
  const int columns = sqlite3_column_count(statement);
  out.begin_object().key("columns").begin_array();
  for (int i = 0; i < columns; ++i) out.string(sqlite3_column_name(statement, i));
  out.end_array().key("rows").begin_array();
  bool more = false;
  for (std::size_t rows = 0;; ++rows) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) break;
    if (code == SQLITE_INTERRUPT && guard.over()) {
      return error(Code::limit, "the query takes longer than " + std::to_string(limits.time.count()) + " ms",
                   "ask for less, or look at a copy (bus db backup)");
    }
    if (code != SQLITE_ROW) return database_error(db);
    if (rows == limits.rows || text.size() > limits.bytes) {
      more = true;
      break;
    }
    out.begin_array();
    for (int i = 0; i < columns; ++i) write_value(out, statement, i);
    out.end_array();
  }
  out.end_array().member("more", more).end_object();
  return text;
}

}  // namespace

Result<SqliteStore::Borrowed> SqliteStore::borrow() const {
  {
    MutexLock lock(pool_mutex_);
    if (!pool_.empty()) {
      Borrowed borrowed(*this, std::move(pool_.back()));
      pool_.pop_back();
      return borrowed;
    }
  }
  auto reader = ReadConnection::open(path_);
  if (!reader) return std::move(reader).error();
  return Borrowed(*this, std::move(*reader));
}

Result<std::uint64_t> SqliteStore::prune_until(const Retention& retention, std::size_t most,
                                               bool& held_back) {
  const Bounds range = bounds();
  std::uint64_t until = 0;
  if (retention.age.count() != 0) {
    const auto old = seq_before(clock_.now() - retention.age);
    if (!old) return old.error();
    until = std::max(until, *old);
  }
  if (retention.events != 0 && range.last > retention.events)
    until = std::max(until, range.last - retention.events);
  if (retention.bytes != 0) {
    const auto used = db_.integer(
        "SELECT (SELECT page_count FROM pragma_page_count)*page_size-(SELECT freelist_count FROM "
        "pragma_freelist_count)*page_size"
        " FROM pragma_page_size");
    if (!used) return used.error();
    if (static_cast<std::uint64_t>(*used) > retention.bytes) until = std::max(until, range.first + most - 1);
  }
  until = std::min(until, range.last == 0 ? 0 : range.last - 1);
  if (!retention.force) {
    const auto named = db_.integer("SELECT coalesce(min(seq),9223372036854775807) FROM cursors");
    if (!named) return named.error();
    held_back = static_cast<std::uint64_t>(*named) < until;
    until = std::min(until, static_cast<std::uint64_t>(*named));
  }
  return until;
}

Status SqliteStore::remove_until(std::uint64_t seq) {
  for (Statement* statement : {&prune_bodies_, &prune_tasks_, &prune_matches_, &prune_events_}) {
    if (Status removed = statement->bind(1, seq).run(); !removed) return removed;
  }
  return Ok{};
}

Result<Pruned> SqliteStore::prune(const Retention& retention, std::size_t most) {
  Pruned out;
  const Bounds range = bounds();
  if (!retention.any() || range.last == 0) return out;
  MutexLock lock(writer_);
  const auto until = prune_until(retention, most, out.held_back);
  if (!until) return until.error();
  if (*until < range.first) return out;
  const std::uint64_t step = std::min(*until, range.first + most - 1);
  if (Status begun = begin_.run(); !begun) return std::move(begun).error();
  if (Status done = finish(remove_until(step)); !done) return std::move(done).error();
  out.removed = step - range.first + 1;
  out.more = step < *until || retention.bytes != 0;
  first_ = step + 1;
  return out;
}

Status SqliteStore::shrink(std::size_t pages) {
  MutexLock lock(writer_);
  return db_.run(("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")").c_str());
}

Result<std::vector<std::string>> SqliteStore::check() const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  auto statement = (*reader)->db.prepare("PRAGMA integrity_check(20)");
  if (!statement) return std::move(statement).error();
  std::vector<std::string> wrong;
  for (;;) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return wrong;
    if (statement->text(0) != "ok") wrong.emplace_back(statement->text(0));
  }
}

Status SqliteStore::backup(const std::string& path) const {
  {
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return system_error("cannot write the backup " + path, errno);
  }
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  sqlite3* copy = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &copy, SQLITE_OPEN_READWRITE, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_backup* backup = sqlite3_backup_init(copy, "main", (*reader)->db.handle(), "main");
    while (backup != nullptr && (code = sqlite3_backup_step(backup, kCopyPages)) == SQLITE_OK) {
    }
    sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE) code = SQLITE_OK;
  }
  Status done = code == SQLITE_OK ? Status(Ok{}) : Status(database_error(copy));
  sqlite3_close(copy);
  if (!done) ::unlink(path.c_str());
  return done;
}

Result<std::string> SqliteStore::query(std::string_view sql, const QueryLimits& limits) const {
  auto reader = borrow();
  if (!reader) return std::move(reader).error();
  sqlite3* db = (*reader)->db.handle();
  const Guarded guard(db, limits.time);
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  if (sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, &rest) != SQLITE_OK) {
    const bool denied = sqlite3_errcode(db) == SQLITE_AUTH;
    return error(Code::invalid,
                 denied ? "only SELECT is allowed" : std::string("SQL: ") + sqlite3_errmsg(db));
  }
  const Statement owner(raw);
  const std::string_view left(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
  if (raw == nullptr || left.find_first_not_of("; \t\r\n") != std::string_view::npos) {
    return error(Code::invalid, "one SELECT, please");
  }
  return rows_of(db, raw, limits, guard);
}

}  // namespace bus::store
