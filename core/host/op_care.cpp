// db, query: looking after the store, on the care thread.
#include "core/base/time_text.h"
#include "core/host/care.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

using Answer = Result<std::string>;

std::string stats_json(const store::Stats& stats) {
  std::string result;
  json::Writer out(result);
  out.begin_object().member("events", stats.events).member("tasks", stats.tasks);
  out.member("first", stats.bounds.first)
      .member("last", stats.bounds.last)
      .member("file_bytes", stats.file_bytes);
  out.member("wal_bytes", stats.wal_bytes).member("free_bytes", stats.free_bytes).end_object();
  return result;
}

Answer check(const store::Store& store) {
  const auto wrong = store.check();
  if (!wrong) return wrong.error();
  std::string result;
  json::Writer out(result);
  out.begin_object().member("ok", wrong->empty()).key("problems").begin_array();
  for (const std::string& problem : *wrong) out.string(problem);
  out.end_array().end_object();
  return result;
}

Answer backup(const store::Store& store, const std::string& path) {
  if (!path.starts_with('/')) return error(Code::invalid, "'path' must be absolute");
  if (Status copied = store.backup(path); !copied) return std::move(copied).error();
  std::string result;
  json::Writer(result).begin_object().member("path", path).end_object();
  return result;
}

Answer prune(store::Store& store, const store::Retention& retention) {
  constexpr std::size_t kStep = 1000;
  std::uint64_t removed = 0;
  bool held_back = false;
  for (bool more = true; more;) {
    const auto pruned = store.prune(retention, kStep);
    if (!pruned) return pruned.error();
    removed += pruned->removed;
    held_back = pruned->held_back;
    more = pruned->more && pruned->removed != 0;
    if (Status shrunk = store.shrink(kStep); !shrunk) return std::move(shrunk).error();
  }
  std::string result;
  json::Writer(result)
      .begin_object()
      .member("removed", removed)
      .member("held_back_by_cursors", held_back)
      .end_object();
  return result;
}

Result<store::Retention> read_retention(const wire::Request& request) {
  store::Retention retention;
  const auto age = request.text_of("age");
  if (!age) return age.error();
  if (!age->empty()) {
    const auto duration = parse_duration(*age);
    if (!duration) return duration.error();
    retention.age = *duration;
  }
  const auto events = request.integer_of("keep_events", 0, 0, INT64_MAX);
  const auto bytes = request.integer_of("keep_bytes", 0, 0, INT64_MAX);
  const auto force = request.boolean_of("force", false);
  if (!events) return events.error();
  if (!bytes) return bytes.error();
  if (!force) return force.error();
  retention.events = static_cast<std::uint64_t>(*events);
  retention.bytes = static_cast<std::uint64_t>(*bytes);
  retention.force = *force;
  if (!retention.any()) return error(Code::invalid, "say what to keep: age, keep_events or keep_bytes");
  return retention;
}

void run(Parts& parts, const fanout::Reply& reply, std::function<Answer()> work) {
  const bool taken = parts.care->submit([reply, work = std::move(work)] {
    const Answer answer = work();
    if (answer) {
      reply.result(*answer);
    } else {
      reply.refuse(answer.error());
    }
  });
  if (!taken)
    reply.refuse(error(Code::unavailable, "the host is busy with other such work", "try again soon"));
}

void db(Parts& parts, const wire::Request& request, const fanout::Reply& reply) {
  store::Store& store = *parts.store;
  const auto what = request.text_of("do");
  if (!what) return reply.refuse(what.error());
  if (*what == "stats") {
    const auto stats = store.stats();
    return stats ? reply.result(stats_json(*stats)) : reply.refuse(stats.error());
  }
  if (*what == "check") return run(parts, reply, [&store] { return check(store); });
  if (*what == "backup") {
    const auto path = request.text_of("path");
    if (!path) return reply.refuse(path.error());
    return run(parts, reply, [&store, path = std::string(*path)] { return backup(store, path); });
  }
  if (*what == "prune") {
    const auto retention = read_retention(request);
    if (!retention) return reply.refuse(retention.error());
    return run(parts, reply, [&store, retention = *retention] { return prune(store, retention); });
  }
  reply.refuse(error(Code::invalid, "'do' must be stats, check, backup or prune"));
}

}  // namespace

void add_care(Parts& parts) {
  parts.socket->add("db", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    db(parts, request, reply);
  });
  parts.socket->add("query", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    const auto sql = request.text_of("sql");
    const auto limit = request.integer_of("limit", 1000, 1, 100'000);
    if (!sql) return reply.refuse(sql.error());
    if (!limit) return reply.refuse(limit.error());
    store::QueryLimits limits;
    limits.rows = static_cast<std::size_t>(*limit);
    run(parts, reply, [&parts, sql = std::string(*sql), limits] { return parts.store->query(sql, limits); });
  });
}

}  // namespace bus::host
