#include "core/store/migrate.h"

#include <array>
#include <string>

namespace bus::store {
namespace {

// Generated from migrations/*.sql by CMakeLists.txt, in their order.
constexpr const char* kMigrations[] = {
#include "migrations.inc"
};

}  // namespace

int newest_schema() {
  return static_cast<int>(std::size(kMigrations));
}

Status migrate(Connection& connection) {
  const auto version = connection.integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > newest_schema()) {
    return error(Code::config,
                 "the store was written by a newer bus (schema " + std::to_string(*version) + ")",
                 "upgrade this bus, or use another BUS_STATE_DIR");
  }
  for (auto next = static_cast<std::size_t>(*version); next < std::size(kMigrations); ++next) {
    const std::string sql = std::string("BEGIN IMMEDIATE;") + kMigrations[next] +
                            ";PRAGMA user_version=" + std::to_string(next + 1) + ";COMMIT;";
    if (Status done = connection.run(sql.c_str()); !done) {
      (void)connection.run("ROLLBACK");
      return std::move(done).error().in("schema " + std::to_string(next + 1));
    }
  }
  return Ok{};
}

}  // namespace bus::store
