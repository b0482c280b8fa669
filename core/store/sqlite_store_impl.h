// The class behind open_sqlite(). Private to core/store: sqlite_store.cpp writes, store_reads.cpp reads,
// store_care.cpp prunes, checks, copies and answers queries, store_dead.cpp keeps dead letters.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/unique_fd.h"
#include "core/store/checkpointer.h"
#include "core/store/database.h"
#include "core/store/store.h"

namespace bus::store {

// A connection for reading with its statements prepared.
struct ReadConnection {
  static Result<std::unique_ptr<ReadConnection>> open(const std::string& path);

  Connection db;
  Statement page, newest, one, id_at, raw, cursor, cursors, value, counts;
};

class SqliteStore final : public Store, public RuleBook {
 public:
  SqliteStore(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}
  ~SqliteStore() override;
  Status open();

  Result<std::vector<Appended>> append(std::span<NewEvent> events) override;
  Status make_durable() override;
  Result<Page> read(std::uint64_t after, std::size_t most, std::size_t bytes) const override;
  Result<Page> read_before(std::uint64_t before, std::uint64_t after, std::size_t most) const override;
  Result<RecordPtr> find(std::uint64_t seq) const override;
  Result<std::uint64_t> seq_of(const Ulid& id) const override;
  Result<std::uint64_t> seq_before(Time time) const override;
  Result<std::string> raw(std::uint64_t seq) const override;
  Bounds bounds() const override { return {first_.load(), last_.load()}; }
  Result<std::vector<TaskRow>> tasks(const TaskQuery& query) const override;
  Result<Cursor> cursor(std::string_view name) const override;
  Result<std::vector<Cursor>> cursors() const override;
  Status save_cursor(std::string_view name, std::uint64_t seq) override;
  Status remove_cursor(std::string_view name) override;
  Result<std::optional<std::string>> value(std::string_view owner, std::string_view key) const override;
  Status save_value(std::string_view owner, std::string_view key,
                    std::optional<std::string_view> value) override;
  RuleBook& rule_book() override { return *this; }
  Status begin_rule(std::string_view rule, std::uint64_t since) override;
  Status settle(std::string_view rule, std::span<const RuleMatch> matches, std::uint64_t cursor,
                std::uint64_t begun) override;
  Status end_rule(std::string_view rule) override;
  Result<std::optional<RuleProgress>> rule_progress(std::string_view rule) const override;
  Result<std::vector<RuleMatch>> rule_matches(const RuleMatchQuery& query) const override;
  Result<std::uint64_t> bury(const DeadLetter& letter, std::string_view cursor, std::uint64_t most) override;
  Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) const override;
  Result<std::map<std::string, std::uint64_t>> count_dead_letters() const override;
  Status drop_dead_letter(std::uint64_t id) override;
  Result<Stats> stats() const override;
  Result<Pruned> prune(const Retention& retention, std::size_t most) override;
  Status shrink(std::size_t pages) override;
  Result<std::vector<std::string>> check() const override;
  Status backup(const std::string& path) const override;
  Result<std::string> query(std::string_view sql, const QueryLimits& limits) const override;

 private:
  struct Pending;

  Status prepare() BUS_REQUIRES(writer_);
  Status append_all(std::span<NewEvent> events, std::vector<Appended>& out) BUS_REQUIRES(writer_);
  Status append_one(NewEvent& incoming, Appended& out) BUS_REQUIRES(writer_);
  Result<bool> insert(const Record& record, const NewEvent& incoming) BUS_REQUIRES(writer_);
  Status find_duplicate(const event::Event& event, Appended& out) BUS_REQUIRES(writer_);
  Result<std::optional<TaskRow>> known_task(const std::string& id) BUS_REQUIRES(writer_);
  Status save_task(const event::Task& task, const event::Event& event) BUS_REQUIRES(writer_);
  Status settle_all(std::string_view rule, std::span<const RuleMatch> matches, std::uint64_t cursor,
                    std::uint64_t begun) BUS_REQUIRES(writer_);
  Status finish(Status done) BUS_REQUIRES(writer_);
  // The last seq that may go, and whether a cursor holds it back.
  Result<std::uint64_t> prune_until(const Retention& retention, std::size_t most, bool& held_back)
      BUS_REQUIRES(writer_);
  Status remove_until(std::uint64_t seq) BUS_REQUIRES(writer_);
  Result<std::uint64_t> bury_one(const DeadLetter& letter, std::string_view cursor, std::uint64_t most)
      BUS_REQUIRES(writer_);

  // The first event whose id is not less; last + 1 if there is none.
  Result<std::uint64_t> first_at_or_after(const Ulid& id) const;

  // Borrows a reader from the pool for one call.
  class Borrowed;
  Result<Borrowed> borrow() const;

  const std::string path_;
  const Clock& clock_;

  Mutex writer_;
  Connection db_ BUS_GUARDED_BY(writer_);
  Statement begin_, commit_, rollback_, insert_, insert_body_, by_key_, id_of_, task_, save_task_,
      save_cursor_, remove_cursor_, save_value_, remove_value_, prune_bodies_, prune_events_, prune_tasks_,
      begin_rule_, save_match_, save_begun_, end_matches_, end_rule_, prune_matches_, bury_, evict_dead_,
      drop_dead_;
  json::Document task_document_ BUS_GUARDED_BY(writer_);
  UlidMaker ids_ BUS_GUARDED_BY(writer_);
  std::uint64_t written_ BUS_GUARDED_BY(writer_) = 0;  // last seq, the open transaction's included
  UniqueFd wal_;                                       // for make_durable()
  std::atomic<std::uint64_t> first_{0};
  std::atomic<std::uint64_t> last_{0};
  std::unique_ptr<Checkpointer> checkpointer_;

  mutable Mutex pool_mutex_;
  mutable std::vector<std::unique_ptr<ReadConnection>> pool_ BUS_GUARDED_BY(pool_mutex_);
};

class SqliteStore::Borrowed {
 public:
  static constexpr std::size_t kKept = 4;  // connections that stay open

  Borrowed(const SqliteStore& store, std::unique_ptr<ReadConnection> connection)
      : store_(&store), connection_(std::move(connection)) {}
  Borrowed(Borrowed&&) noexcept = default;
  Borrowed& operator=(Borrowed&&) noexcept = default;
  ~Borrowed() {
    if (!connection_) return;
    MutexLock lock(store_->pool_mutex_);
    if (store_->pool_.size() < kKept) store_->pool_.push_back(std::move(connection_));
  }
  ReadConnection* operator->() const { return connection_.get(); }

 private:
  const SqliteStore* store_;
  std::unique_ptr<ReadConnection> connection_;
};

}  // namespace bus::store
