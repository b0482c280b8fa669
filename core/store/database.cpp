#include "core/store/database.h"

#include <sqlite3.h>

namespace bus::store {
namespace {

Error classify(int code, const char* message) {
  const std::string text = std::string("store: ") + message;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return error(Code::unavailable, "store: the disk is full", "free some space; bus goes on by itself");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_IOERR:
      return error(Code::unavailable, text);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return error(Code::denied, text, "make the state folder writable for yourself");
    case SQLITE_CANTOPEN:
      return error(Code::denied, text, "check that the state folder exists and is yours");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return error(Code::fault, text, "the file is damaged: stop bus, move it away, or restore a backup");
    default:
      return error(Code::fault, text);
  }
}

// auto_vacuum counts only for a file without a first page, so it comes before the log: what retention frees
// can then be given back bit by bit.
constexpr const char* kWriterPragmas =
    "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA "
    "wal_autocheckpoint=0; PRAGMA cache_size=-4096;"
    "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=67108864;";
constexpr const char* kReaderPragmas =
    "PRAGMA query_only=ON; PRAGMA cache_size=-512; PRAGMA temp_store=MEMORY;";

}  // namespace

Error database_error(sqlite3* db) {
  return classify(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_, at, value);
  return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
  sqlite3_bind_text64(statement_, at, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int at, std::string_view bytes) {
  sqlite3_bind_blob64(statement_, at, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_if(int at, std::string_view text) {
  if (!text.empty()) return bind(at, text);
  sqlite3_bind_null(statement_, at);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_error(sqlite3_db_handle(statement_));
}

Status Statement::run() {
  const auto stepped = step();
  reset();
  if (!stepped) return stepped.error();
  return Ok{};
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Result<Connection> Connection::open(const std::string& path, Mode mode) {
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  Connection connection(db);
  if (code != SQLITE_OK) return classify(code, db == nullptr ? "out of memory" : sqlite3_errmsg(db));
  sqlite3_busy_timeout(db, 5000);
  if (Status set = connection.run(mode == Mode::write ? kWriterPragmas : kReaderPragmas); !set) {
    return std::move(set).error();
  }
  return connection;
}

Connection::~Connection() {
  sqlite3_close_v2(db_);
}

Status Connection::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return database_error(db_);
  return Ok{};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    return database_error(db_);
  }
  return Statement(statement);
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::move(statement).error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

int Connection::changes() const {
  return sqlite3_changes(db_);
}

}  // namespace bus::store
