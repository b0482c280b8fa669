#include "tests/bench/floors.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <time.h>
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

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

sqlite3_stmt* prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  must(sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) == SQLITE_OK, db, "prepare");
  return statement;
}

void step(sqlite3* db, sqlite3_stmt* statement) {
  must(sqlite3_step(statement) == SQLITE_DONE, db, "insert");
  sqlite3_reset(statement);
}

void bind(sqlite3_stmt* statement, int at, const std::string& text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

// A new file with our tables and indexes, and its log.
sqlite3* open_new(const std::string& path) {
  ::unlink(path.c_str());
  sqlite3* db = nullptr;
  must(sqlite3_open(path.c_str(), &db) == SQLITE_OK, db, "open");
  run(db, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
  std::ifstream schema(BUS_SCHEMA);
  std::stringstream sql;
  sql << schema.rdbuf();
  run(db, sql.str().c_str());
  run(db, "BEGIN; COMMIT");
  return db;
}

constexpr const char* kInsertEvent =
    "INSERT INTO events(seq,id,source,type,scope,subject,time,received,key,task_id,state,result,head,body)"
    " VALUES(?1,?2,'bench','note','octo/hello','run/1',1,1,?3,?5,?6,?7,200,?4)";
constexpr const char* kSaveTask =
    "INSERT INTO tasks(id,attempt,kind,scope,sha,parent,state,result,seq,updated,body)"
    " VALUES(?1,1,'run','octo/"
    "hello','0123456789abcdef0123456789abcdef01234567',NULL,'finished','failure',?2,1,?3)"
    " ON CONFLICT(id) DO UPDATE SET attempt=1,state='finished',result='failure',seq=?2,updated=1,body=?3";

}  // namespace

InsertRate raw_inserts(const std::string& folder, const Inserts& what) {
  const std::string path =
      folder + "/floor" + std::to_string(what.rows) + "_" + std::to_string(what.group) + ".db";
  sqlite3* db = open_new(path);
  sqlite3_stmt* insert = prepare(db, kInsertEvent);
  sqlite3_stmt* save_task = prepare(db, kSaveTask);
  const UniqueFd wal(::open((path + "-wal").c_str(), O_RDWR | O_CLOEXEC));
  const std::string body(what.bytes, 'x');
  const std::string task = "github:octo/hello/run/9876543210", state = "finished", result = "failure";
  const std::string task_body(400, 't');
  const auto start = SteadyClock::now();
  const double cpu = cpu_seconds();
  for (std::size_t i = 0; i < what.rows; ++i) {
    if (i % what.group == 0) run(db, "BEGIN");
    const std::string key = "k" + std::to_string(i * 7919);
    sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i + 1));
    sqlite3_bind_blob(insert, 2, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    bind(insert, 3, key);
    bind(insert, 4, body);
    if (what.tasks) {
      bind(insert, 5, task);
      bind(insert, 6, state);
      bind(insert, 7, result);
      bind(save_task, 1, task);
      sqlite3_bind_int64(save_task, 2, static_cast<sqlite3_int64>(i + 1));
      bind(save_task, 3, task_body);
    }
    step(db, insert);
    if (what.tasks) step(db, save_task);
    if ((i + 1) % what.group == 0 || i + 1 == what.rows) {
      run(db, "COMMIT");
      if (what.durable) ::fdatasync(wal.get());
    }
  }
  const auto rows = static_cast<double>(what.rows);
  const InsertRate rate{rows / seconds_since(start), (cpu_seconds() - cpu) * 1e6 / rows};
  sqlite3_finalize(insert);
  sqlite3_finalize(save_task);
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
