// Floors of the store: the same rows into the same table by SQLite alone.
#pragma once

#include <cstddef>
#include <string>

namespace bus::bench {

struct Inserts {
  std::size_t rows = 0;
  std::size_t bytes = 0;  // of a row's body
  std::size_t group = 1;  // rows in a transaction
  bool durable = false;   // each followed by a sync of the log
  bool tasks = false;     // each row reports on a task, whose latest state is kept in the same transaction
};
struct InsertRate {
  double per_second = 0;
  double cpu_us = 0;  // of a row
};
InsertRate raw_inserts(const std::string& folder, const Inserts& what);
// Rows per second of SELECT seq, head, body in seq order over that file.
double raw_select_per_second(const std::string& database);

}  // namespace bus::bench
