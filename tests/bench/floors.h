// Floors of the store: the same rows into the same table by SQLite alone.
#pragma once

#include <cstddef>
#include <string>

namespace bus::bench {

// Rows per second, in transactions of `group` rows of `bytes` bytes; `durable`: each followed by a sync of
// the log.
double raw_inserts_per_second(const std::string& folder, std::size_t rows, std::size_t bytes,
                              std::size_t group, bool durable);
// Rows per second of SELECT seq, head, body in seq order over that file.
double raw_select_per_second(const std::string& database);

}  // namespace bus::bench
