// Store: the durable, ordered, deduplicated record of events, and the latest state of each task. SCHEMA.md has the
// tables.
#pragma once

#include <cstddef>
#include <cstdint>
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
  // The same decoded, without `data` (that is in `json`); nullopt for records read back from the store.
  std::optional<event::Event> event;

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
  std::string id{};    // exactly this one
  std::string kind{}, scope{}, state{}, result{}, parent{};  // empty: any
  std::string sha{};   // a prefix
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
};

// Safe for concurrent use. One append runs at a time; reading never waits for it.
class Store {
 public:
  virtual ~Store() = default;

  // Stores, in one transaction, those events that are neither duplicates nor known; says what became of each, in
  // order. Returns after the commit: a kill of the process loses nothing of it. On failure nothing is stored.
  // The events are moved from. REQUIRES: event::validate() passed for each.
  virtual Result<std::vector<Appended>> append(std::span<NewEvent> events) = 0;

  // Returns when all that append() has returned so far is safe against power loss.
  virtual Status make_durable() = 0;

  // Events after `after`, at most `most` of them and about `bytes` of JSON (always at least one if there is one).
  virtual Result<Page> read(std::uint64_t after, std::size_t most, std::size_t bytes) const = 0;
  // The newest `most` events before `before` and after `after`, oldest first; `end` if there are no older ones.
  virtual Result<Page> read_before(std::uint64_t before, std::uint64_t after, std::size_t most) const = 0;
  // Code::not_found if there is none (any more).
  virtual Result<RecordPtr> find(std::uint64_t seq) const = 0;
  virtual Result<std::uint64_t> seq_of(const Ulid& id) const = 0;
  // The seq before the first event that was received at or after `time`, by the ids' order, which a clock that was
  // set back does not disturb.
  virtual Result<std::uint64_t> seq_before(Time time) const = 0;
  // The delivered bytes of an event: its raw body if one was kept, else its data.
  virtual Result<std::string> raw(std::uint64_t seq) const = 0;
  virtual Bounds bounds() const = 0;

  virtual Result<std::vector<TaskRow>> tasks(const TaskQuery& query) const = 0;

  // Named positions. save_cursor never moves one back.
  virtual Result<Cursor> cursor(std::string_view name) const = 0;
  virtual Result<std::vector<Cursor>> cursors() const = 0;
  virtual Status save_cursor(std::string_view name, std::uint64_t seq) = 0;
  virtual Status remove_cursor(std::string_view name) = 0;

  // Small durable values of plugin instances. An empty optional removes.
  virtual Result<std::optional<std::string>> value(std::string_view owner, std::string_view key) const = 0;
  virtual Status save_value(std::string_view owner, std::string_view key, std::optional<std::string_view> value) = 0;

  virtual Result<Stats> stats() const = 0;
};

}  // namespace bus::store
