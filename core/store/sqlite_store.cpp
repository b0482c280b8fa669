#include "core/store/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/base/file.h"
#include "core/event/event.h"
#include "core/store/migrate.h"
#include "core/store/sqlite_store_impl.h"

namespace bus::store {
namespace {

std::string_view bytes_of(const Ulid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

Ulid ulid_of(std::string_view bytes) {
  Ulid id;
  if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

std::string_view state_of(const event::Event& event) {
  return event.task ? event::name(event.task->state) : "";
}
std::string_view result_of(const event::Event& event) {
  return event.task && event.task->result ? event::name(*event.task->result) : "";
}

// Creates the file with the right mode before SQLite would with the wrong one, and makes its name durable.
Status create_private(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error("cannot open the store " + path, errno);
  if (::fchmod(fd.get(), 0600) != 0) return system_error(path, errno);
  const UniqueFd folder(::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return system_error(path, errno);
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& folder, const Clock& clock) {
  auto store = std::make_unique<SqliteStore>(folder + "/bus.db", clock);
  if (Status opened = store->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<Store>(std::move(store));
}

SqliteStore::~SqliteStore() = default;

Status SqliteStore::open() {
  if (Status created = create_private(path_); !created) return created;
  MutexLock lock(writer_);
  auto db = Connection::open(path_, Connection::Mode::write);
  if (!db) return std::move(db).error().in(path_);
  db_ = std::move(*db);
  if (Status migrated = migrate(db_); !migrated) return std::move(migrated).error().in(path_);
  if (Status prepared = prepare(); !prepared) return prepared;

  const auto first = db_.integer("SELECT min(seq) FROM events");
  const auto last = db_.integer("SELECT max(seq) FROM events");
  if (!first || !last) return first ? last.error() : first.error();
  first_ = static_cast<std::uint64_t>(*first);
  last_ = static_cast<std::uint64_t>(*last);
  auto newest = db_.prepare("SELECT id FROM events WHERE seq=?1");
  if (!newest) return std::move(newest).error();
  if (const auto row = newest->bind(1, *last).step(); row && *row) ids_ = UlidMaker(ulid_of(newest->text(0)));

  // Any read makes SQLite open the log; it stays there as long as this connection does.
  wal_.reset(::open((path_ + "-wal").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!wal_) return system_error(path_ + "-wal", errno);
  if (const UniqueFd folder(
          ::open(path_.substr(0, path_.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      !folder || ::fsync(folder.get()) != 0) {
    return system_error(path_, errno);
  }
  auto care = Connection::open(path_, Connection::Mode::write);
  if (!care) return std::move(care).error();
  checkpointer_ = std::make_unique<Checkpointer>(std::move(*care), writer_);
  sqlite3_wal_hook(
      db_.handle(),
      [](void* checkpointer, sqlite3*, const char*, int pages) {
        static_cast<Checkpointer*>(checkpointer)->note(pages);
        return SQLITE_OK;
      },
      checkpointer_.get());
  return Ok{};
}

Status SqliteStore::prepare() {
  const std::pair<Statement*, std::string_view> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&insert_,
       "INSERT INTO events(seq,id,source,type,scope,subject,time,received,key,task_id,state,result,head,body)"
       " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14) ON CONFLICT(source,key) WHERE key IS NOT "
       "NULL DO NOTHING"},
      {&insert_body_, "INSERT INTO bodies(seq,body) VALUES(?1,?2)"},
      {&by_key_, "SELECT seq,id FROM events WHERE source=?1 AND key=?2"},
      {&id_of_, "SELECT id FROM events WHERE seq=?1"},
      {&task_, "SELECT seq,body FROM tasks WHERE id=?1"},
      {&save_task_,
       "INSERT INTO tasks(id,attempt,kind,scope,sha,parent,state,result,seq,updated,body)"
       " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) ON CONFLICT(id) DO UPDATE SET "
       "attempt=?2,kind=?3,scope=?4,sha=?5,"
       "parent=?6,state=?7,result=?8,seq=?9,updated=?10,body=?11"},
      {&save_cursor_,
       "INSERT INTO cursors(name,seq,updated) VALUES(?1,?2,?3)"
       " ON CONFLICT(name) DO UPDATE SET seq=max(seq,?2),updated=?3"},
      {&remove_cursor_, "DELETE FROM cursors WHERE name=?1"},
      {&save_value_,
       "INSERT INTO plugin_values(owner,key,value) VALUES(?1,?2,?3) ON CONFLICT(owner,key) DO UPDATE SET "
       "value=?3"},
      {&remove_value_, "DELETE FROM plugin_values WHERE owner=?1 AND key=?2"},
      {&prune_bodies_, "DELETE FROM bodies WHERE seq<=?1"},
      {&prune_events_, "DELETE FROM events WHERE seq<=?1"},
      {&prune_tasks_, "DELETE FROM tasks WHERE seq<=?1 AND state='finished'"},
      {&prune_matches_, "DELETE FROM rule_matches WHERE seq<=?1"},
      {&begin_rule_, "INSERT INTO rules(name,since,begun) VALUES(?1,?2,0) ON CONFLICT(name) DO NOTHING"},
      {&save_match_,
       "INSERT INTO rule_matches(rule,seq,decision,why,run,at,until) "
       "VALUES(?1,?2,?3,?4,nullif(?5,0),?6,nullif(?7,0))"
       " ON CONFLICT(rule,seq) DO NOTHING"},
      {&save_begun_, "UPDATE rules SET begun=?2 WHERE name=?1"},
      {&end_matches_, "DELETE FROM rule_matches WHERE rule=?1"},
      {&end_rule_, "DELETE FROM rules WHERE name=?1"},
      {&bury_,
       "INSERT INTO dead_letters(sink,seq,event,code,reason,attempts,first,last,head,body)"
       " VALUES(?1,?2,?3,?4,?5,?6,?10,?7,?8,?9) ON CONFLICT(sink,event) DO UPDATE SET "
       "code=?4,reason=?5,attempts=attempts+?6,last=?7"},
      {&evict_dead_,
       "DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters ORDER BY id DESC LIMIT -1 OFFSET "
       "?1)"},
      {&drop_dead_, "DELETE FROM dead_letters WHERE id=?1"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = db_.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  return Ok{};
}

Result<std::vector<Appended>> SqliteStore::append(std::span<NewEvent> events) {
  std::vector<Appended> out(events.size());
  MutexLock lock(writer_);
  written_ = last_.load();
  if (Status begun = begin_.run(); !begun) return std::move(begun).error();
  if (Status done = finish(append_all(events, out)); !done) return std::move(done).error();
  if (first_ == 0 && written_ != 0) first_ = last_ + 1;
  last_ = written_;
  return out;
}

// Ends the transaction: commits if all went well, else takes everything back.
Status SqliteStore::finish(Status done) {
  if (done) done = commit_.run();
  if (!done && sqlite3_get_autocommit(db_.handle()) == 0) (void)rollback_.run();
  return done;
}

Status SqliteStore::append_all(std::span<NewEvent> events, std::vector<Appended>& out) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (Status done = append_one(events[i], out[i]); !done) return done;
  }
  return Ok{};
}

Status SqliteStore::append_one(NewEvent& incoming, Appended& out) {
  event::Event& event = incoming.event;
  std::optional<TaskRow> known;
  if (event.task) {
    auto row = known_task(event.task->id);
    if (!row) return std::move(row).error();
    known = std::move(*row);
    const event::Task* task = known ? &known->task : nullptr;
    event::number(task, *event.task, event.time == Time{} ? clock_.now() : event.time);
    event.task->effect = event::judge(task, *event.task);
    out.effect = event.task->effect;
    if (incoming.polled && out.effect != event::Effect::moved) {
      out.kind = Appended::Kind::known;
      out.seq = known->seq;
      const Using reading(id_of_);
      if (const auto found = id_of_.bind(1, out.seq).step(); found && *found)
        out.id = ulid_of(id_of_.text(0));
      return Ok{};
    }
  }
  event.received = clock_.now();
  if (event.time == Time{}) event.time = event.received;
  event.seq = written_ + 1;
  event.id = ids_.next(event.received);
  event::tidy_summary(event);

  auto record = std::make_shared<Record>();
  record->seq = event.seq;
  record->json = event::encode(event);
  event.data = {};  // lives in the encoded form from here on
  record->event = std::make_unique<const event::Event>(std::move(event));
  const auto inserted = insert(*record, incoming);
  if (!inserted) return inserted.error();
  if (!*inserted) return find_duplicate(*record->event, out);

  written_ = record->seq;
  out.seq = record->seq;
  out.id = record->event->id;
  if (const auto& task = record->event->task; task && task->effect != event::Effect::stale) {
    if (Status saved = save_task(event::merge(known ? &known->task : nullptr, *task), *record->event);
        !saved) {
      return saved;
    }
  }
  out.record = std::move(record);
  return Ok{};
}

// False if an event with that key is there already.
Result<bool> SqliteStore::insert(const Record& record, const NewEvent& incoming) {
  const event::Event& event = *record.event;
  // SQLite reads what is bound when the statement runs: nothing here may be a temporary.
  const std::string_view task = event.task ? std::string_view(event.task->id) : std::string_view();
  insert_.bind(1, event.seq).bind_blob(2, bytes_of(event.id)).bind(3, event.source).bind(4, event.type);
  insert_.bind_if(5, event.scope).bind_if(6, event.subject).bind(7, event.time.us).bind(8, event.received.us);
  insert_.bind_if(9, event.key).bind_if(10, task).bind_if(11, state_of(event));
  insert_.bind_if(12, result_of(event)).bind(13, static_cast<std::uint64_t>(record.json.head));
  insert_.bind(14, record.json.text);
  if (Status done = insert_.run(); !done) return std::move(done).error();
  if (db_.changes() == 0) return false;
  if (!incoming.raw.empty()) {
    if (Status done = insert_body_.bind(1, event.seq).bind_blob(2, incoming.raw).run(); !done) {
      return std::move(done).error();
    }
  }
  return true;
}

Status SqliteStore::find_duplicate(const event::Event& event, Appended& out) {
  const Using statement(by_key_);
  const auto found = by_key_.bind(1, event.source).bind(2, event.key).step();
  if (!found) return found.error();
  if (!*found) return error(Code::fault, "store: an event vanished while it was stored again");
  out.kind = Appended::Kind::duplicate;
  out.effect = event::Effect::none;
  out.seq = by_key_.uinteger(0);
  out.id = ulid_of(by_key_.text(1));
  return Ok{};
}

Result<std::optional<TaskRow>> SqliteStore::known_task(const std::string& id) {
  const Using statement(task_);
  const auto found = task_.bind(1, id).step();
  if (!found) return found.error();
  if (!*found) return std::optional<TaskRow>();
  const auto node = task_document_.parse(task_.text(1));
  if (!node) return node.error();
  auto task = event::decode_task(*node);
  if (!task) return std::move(task).error();
  return std::optional<TaskRow>({std::move(*task), task_.uinteger(0), {}, {}});
}

Status SqliteStore::save_task(const event::Task& task, const event::Event& event) {
  std::string body;
  json::Writer out(body);
  event::write_task(out, task);
  save_task_.bind(1, task.id).bind(2, std::int64_t{task.attempt}).bind(3, task.kind).bind_if(4, task.scope);
  save_task_.bind_if(5, task.sha).bind_if(6, task.parent).bind(7, event::name(task.state));
  save_task_.bind_if(8, task.result ? event::name(*task.result) : "").bind(9, event.seq);
  return save_task_.bind(10, event.received.us).bind(11, body).run();
}

Status SqliteStore::make_durable() {
  if (::fdatasync(wal_.get()) != 0) return system_error("store: cannot sync", errno);
  return Ok{};
}

Status SqliteStore::save_cursor(std::string_view name, std::uint64_t seq) {
  MutexLock lock(writer_);
  return save_cursor_.bind(1, name).bind(2, seq).bind(3, clock_.now().us).run();
}

Status SqliteStore::remove_cursor(std::string_view name) {
  MutexLock lock(writer_);
  if (Status removed = remove_cursor_.bind(1, name).run(); !removed) return removed;
  if (db_.changes() == 0) return error(Code::not_found, "no cursor '" + std::string(name) + "'");
  return Ok{};
}

Status SqliteStore::save_value(std::string_view owner, std::string_view key,
                               std::optional<std::string_view> value) {
  MutexLock lock(writer_);
  if (!value) return remove_value_.bind(1, owner).bind(2, key).run();
  return save_value_.bind(1, owner).bind(2, key).bind_blob(3, *value).run();
}

}  // namespace bus::store
