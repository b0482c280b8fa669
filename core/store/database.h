// SQLite's C API with ownership and Result. Private to core/store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace bus::store {

// One prepared statement. Bound text must live until the next reset().
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  ~Statement();

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::uint64_t value) { return bind(at, static_cast<std::int64_t>(value)); }
  Statement& bind(int at, std::string_view text);
  Statement& bind_blob(int at, std::string_view bytes);
  // NULL if the text is empty.
  Statement& bind_if(int at, std::string_view text);

  // True: a row is there. False: done. The columns are valid until the next step() or reset().
  Result<bool> step();
  // step() for a statement without rows, and resets it.
  Status run();
  void reset();

  std::int64_t integer(int column) const;
  std::uint64_t uinteger(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string_view text(int column) const;  // of a blob, too

 private:
  sqlite3_stmt* statement_ = nullptr;
};

// Resets a statement when its scope ends.
class Using {
 public:
  explicit Using(Statement& statement) : statement_(statement) {}
  Using(const Using&) = delete;
  Using& operator=(const Using&) = delete;
  ~Using() { statement_.reset(); }
  Statement* operator->() { return &statement_; }

 private:
  Statement& statement_;
};

// One connection; used by one thread at a time.
class Connection {
 public:
  enum class Mode { write, read };
  // The file must exist. A reader never creates or changes anything.
  static Result<Connection> open(const std::string& path, Mode mode);

  Connection() = default;
  Connection(Connection&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Connection& operator=(Connection&& other) noexcept {
    std::swap(db_, other.db_);
    return *this;
  }
  ~Connection();

  // Runs statements that answer nothing.
  Status run(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row.
  Result<std::int64_t> integer(std::string_view sql);
  // Rows that the last statement changed.
  int changes() const;
  sqlite3* handle() const { return db_; }

 private:
  explicit Connection(sqlite3* db) : db_(db) {}
  sqlite3* db_ = nullptr;
};

// The error of the last call on this connection, classed.
Error database_error(sqlite3* db);

}  // namespace bus::store
