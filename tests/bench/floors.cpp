#include "tests/bench/floors.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/base/unique_fd.h"

namespace bus::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

void must(bool ok, sqlite3* db, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
  std::exit(1);
}

void run(sqlite3* db, const char* sql) {
  must(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, db, sql);
}

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

}  // namespace

double raw_inserts_per_second(const std::string& folder, std::size_t rows, std::size_t bytes,
                              std::size_t group, bool durable) {
  const std::string path = folder + "/floor" + std::to_string(rows) + "_" + std::to_string(group) + ".db";
  ::unlink(path.c_str());
  sqlite3* db = nullptr;
  must(sqlite3_open(path.c_str(), &db) == SQLITE_OK, db, "open");
  run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
  std::ifstream schema(BUS_SCHEMA);
  std::stringstream sql;
  sql << schema.rdbuf();
  run(db, sql.str().c_str());
  sqlite3_stmt* insert = nullptr;
  must(sqlite3_prepare_v2(
           db,
           "INSERT INTO "
           "events(seq,id,source,type,scope,subject,time,received,key,task_id,state,result,head,body)"
           " VALUES(?1,?2,'bench','note','octo/hello','run/1',1,1,?3,NULL,NULL,NULL,200,?4)",
           -1, &insert, nullptr) == SQLITE_OK,
       db, "prepare");
  run(db, "BEGIN; COMMIT");
  const UniqueFd wal(::open((path + "-wal").c_str(), O_RDWR | O_CLOEXEC));
  const std::string body(bytes, 'x');
  const auto start = SteadyClock::now();
  for (std::size_t i = 0; i < rows; ++i) {
    if (i % group == 0) run(db, "BEGIN");
    const std::string key = "k" + std::to_string(i * 7919);
    sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i + 1));
    sqlite3_bind_blob(insert, 2, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_text(insert, 3, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    must(sqlite3_step(insert) == SQLITE_DONE, db, "insert");
    sqlite3_reset(insert);
    if ((i + 1) % group == 0 || i + 1 == rows) {
      run(db, "COMMIT");
      if (durable) ::fdatasync(wal.get());
    }
  }
  const double rate = static_cast<double>(rows) / seconds_since(start);
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return rate;
}

double raw_select_per_second(const std::string& database) {
  sqlite3* db = nullptr;
  must(sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK, db, "open");
  sqlite3_stmt* select = nullptr;
  must(sqlite3_prepare_v2(db, "SELECT seq,head,body FROM events ORDER BY seq", -1, &select, nullptr) ==
           SQLITE_OK,
       db, "prepare");
  std::size_t rows = 0, sum = 0;
  const auto start = SteadyClock::now();
  while (sqlite3_step(select) == SQLITE_ROW) {
    ++rows;
    const std::string body(static_cast<const char*>(sqlite3_column_blob(select, 2)),
                           static_cast<std::size_t>(sqlite3_column_bytes(select, 2)));
    sum += body.size();
  }
  const double rate = static_cast<double>(rows) / seconds_since(start);
  sqlite3_finalize(select);
  sqlite3_close(db);
  return sum == 0 ? 0 : rate;
}

}  // namespace bus::bench
