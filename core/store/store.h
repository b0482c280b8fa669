// Store: the durable, ordered, deduplicated record of events, and the latest state of each task. SCHEMA.md
// has the tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/event/event.h"
#include "core/event/json_form.h"
#include "core/store/dead_letter.h"
#include "core/store/rule_book.h"

namespace bus::store {

// An event on its way in.
struct NewEvent {
  event::Event event;
  // The report was found by asking, not told: if it says only what is known of its task, it is not stored.
  bool polled = false;
  // The bytes that a sender delivered, where `event.data` is not those very bytes. Kept beside the event.
  std::string raw;
};

// An event as it is passed on after it was stored. Immutable and shared by all who deliver it.
struct Record {
  std::uint64_t seq = 0;
  event::Encoded json;
  // The same decoded, without `data` (that is in `json`); null for records read back from the store.
  std::unique_ptr<const event::Event> event;

  // The text of `data`; empty if there is none.
  std::string_view data() const;
};
using RecordPtr = std::shared_ptr<const Record>;

// What became of one NewEvent.
struct Appended {
  enum class Kind : std::uint8_t {
    stored,
    duplicate,  // (source, key) is there already: seq and id are the first one's
    known,      // a polled report that moved nothing; not stored, seq and id are of the task's last event
  };
  Kind kind = Kind::stored;
  std::uint64_t seq = 0;
  Ulid id;
  event::Effect effect = event::Effect::none;
  RecordPtr record;  // only when stored
};

// Consecutive events, oldest first. `last` is the last seq looked at, also when nothing was there to return.
struct Page {
  std::vector<RecordPtr> records;
  std::uint64_t last = 0;
  bool end = false;  // nothing was stored after `last` when the page was read
};

struct Bounds {
  std::uint64_t first = 0;  // oldest seq kept; 0 if the log is empty
  std::uint64_t last = 0;   // newest seq; 0 if the log is empty
};

struct TaskRow {
  event::Task task;
  std::uint64_t seq = 0;  // the event that moved it last
  Time updated;           // when that was received
  std::string json;       // the task's JSON form
};

struct TaskQuery {
  std::string id{};                                          // exactly this one
  std::string kind{}, scope{}, state{}, result{}, parent{};  // empty: any
  std::string sha{};                                         // a prefix
  std::uint64_t before = 0;                                  // only those whose seq is below; 0: all
  std::size_t limit = 50;
};

struct Cursor {
  std::string name;
  std::uint64_t seq = 0;  // everything up to here is acknowledged
  Time updated;
};

struct Stats {
  std::uint64_t events = 0, tasks = 0;
  Bounds bounds;
  std::uint64_t file_bytes = 0, wal_bytes = 0;
  std::uint64_t free_bytes = 0;  // of the file: space that events were removed from
};

// What is kept; 0 means: without this bound.
struct Retention {
  microseconds age{0};  // by the time of receipt
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  // used in the file
  bool force = false;       // also what a named cursor has not acknowledged yet

  bool any() const { return age.count() != 0 || events != 0 || bytes != 0; }
};

struct Pruned {
  std::uint64_t removed = 0;  // events
  bool more = false;          // another step would remove more
  bool held_back = false;     // a named cursor keeps the rest
};

// Rows of a query as JSON: {"columns": […], "rows": [[…], …], "more": bool}.
struct QueryLimits {
  std::size_t rows = 1000;
  std::size_t bytes = 8u << 20;
  milliseconds time{5'000};
};

// Safe for concurrent use. One append runs at a time; reading never waits for it.
class Store {
 public:
  virtual ~Store() = default;

  // Stores, in one transaction, those events that are neither duplicates nor known; says what became of each,
  // in order. Returns after the commit: a kill of the process loses nothing of it. On failure nothing is
  // stored. The events are moved from. REQUIRES: event::validate() passed for each.
  virtual Result<std::vector<Appended>> append(std::span<NewEvent> events) = 0;

  // Returns when all that append() has returned so far is safe against power loss.
  virtual Status make_durable() = 0;

  // Events after `after`, at most `most` of them and about `bytes` of JSON (always at least one if there is
  // one).
  virtual Result<Page> read(std::uint64_t after, std::size_t most, std::size_t bytes) const = 0;
  // The newest `most` events before `before` and after `after`, oldest first; `end` if there are no older
  // ones.
  virtual Result<Page> read_before(std::uint64_t before, std::uint64_t after, std::size_t most) const = 0;
  // Code::not_found if there is none (any more).
  virtual Result<RecordPtr> find(std::uint64_t seq) const = 0;
  virtual Result<std::uint64_t> seq_of(const Ulid& id) const = 0;
  // The seq before the first event that was received at or after `time`, by the ids' order, which a clock
  // that was set back does not disturb.
  virtual Result<std::uint64_t> seq_before(Time time) const = 0;
  // The delivered bytes of an event: its raw body if kept, else its data. Code::not_found without either.
  virtual Result<std::string> raw(std::uint64_t seq) const = 0;
  virtual Bounds bounds() const = 0;

  // Those that moved last come first.
  virtual Result<std::vector<TaskRow>> tasks(const TaskQuery& query) const = 0;

  // Named positions. save_cursor never moves one back.
  virtual Result<Cursor> cursor(std::string_view name) const = 0;
  virtual Result<std::vector<Cursor>> cursors() const = 0;
  virtual Status save_cursor(std::string_view name, std::uint64_t seq) = 0;
  virtual Status remove_cursor(std::string_view name) = 0;

  // Small durable values of plugin instances. An empty optional removes.
  virtual Result<std::optional<std::string>> value(std::string_view owner, std::string_view key) const = 0;
  virtual Status save_value(std::string_view owner, std::string_view key,
                            std::optional<std::string_view> value) = 0;

  // Dead letters of sinks. bury() keeps one and moves the sink's cursor (unless it is empty) to the letter's
  // seq, in one transaction; of the same event for the same sink it adds up the attempts and keeps the last
  // reason. At most `most` are kept, the oldest go; how many went. The letter's id is the store's to give.
  virtual Result<std::uint64_t> bury(const DeadLetter& letter, std::string_view cursor,
                                     std::uint64_t most) = 0;
  // In the order of their ids.
  virtual Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) const = 0;
  // How many each sink has; those without are not named.
  virtual Result<std::map<std::string, std::uint64_t>> count_dead_letters() const = 0;
  // Forgets that one; Code::not_found if it is not there.
  virtual Status drop_dead_letter(std::uint64_t id) = 0;
  // Of the same file.
  virtual RuleBook& rule_book() = 0;

  virtual Result<Stats> stats() const = 0;

  // Removes the oldest events beyond the bounds, at most `most` of them, in one short transaction, with the
  // tasks that had finished by then; never the newest event. What was removed is a gap to readers that had
  // not come so far, and its keys are forgotten.
  virtual Result<Pruned> prune(const Retention& retention, std::size_t most) = 0;
  // Gives pages that are free back to the file system, at most `pages`.
  virtual Status shrink(std::size_t pages) = 0;

  // What SQLite finds wrong with the file; empty if nothing. Reads all of it: takes long, disturbs nobody.
  virtual Result<std::vector<std::string>> check() const = 0;
  // A consistent copy into a new file (0600). Code::conflict if `path` is there already.
  virtual Status backup(const std::string& path) const = 0;
  // One SELECT over the tables of SCHEMA.md. Code::invalid for anything else, Code::limit if it takes too
  // long.
  virtual Result<std::string> query(std::string_view sql, const QueryLimits& limits) const = 0;
};

}  // namespace bus::store
