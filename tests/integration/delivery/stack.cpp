#include "tests/integration/delivery/stack.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "core/base/file.h"
#include "core/event/json_form.h"
#include "core/json/writer.h"
#include "core/store/sqlite_store.h"

namespace bus::integration {
namespace {

constexpr std::size_t kReaderBuffer = 16'384;  // small: live buffers overflow often

void write_receipt(json::Writer& out, const ingest::Answer& answer) {
  out.begin_object();
  if (answer) {
    out.member("id", answer->id.text()).member("seq", answer->seq);
  } else {
    out.member("error", answer.error().message);
  }
  out.end_object();
}

}  // namespace

store::NewEvent event_of(const Fact& fact) {
  store::NewEvent incoming;
  incoming.event.source = fact.source();
  incoming.event.type = fact.type();
  incoming.event.key = fact.key();
  incoming.event.data = fact.data();
  return incoming;
}

Stack::Stack(std::string root, Oracle& oracle) : root_(std::move(root)), oracle_(oracle) {
  EXPECT_TRUE(make_private_folder(paths().runtime));
  EXPECT_TRUE(make_private_folder(state_folder()));
}

Stack::~Stack() {
  tear_down();
}

config::Paths Stack::paths() const {
  return {root_ + "/config", state_folder(), root_ + "/run"};
}

void Stack::start() {
  auto store = store::open_sqlite(state_folder(), system_clock());
  ASSERT_TRUE(store) << store.error().message;
  store_ = std::move(*store);
  hub_ = std::make_unique<fanout::Hub>(*store_, metrics_);
  ingest_ = std::make_unique<ingest::Ingest>(*store_, *hub_, metrics_);
  fanout::SocketOptions options;
  options.path = paths().socket();
  options.reader_buffer = kReaderBuffer;
  options.drain = milliseconds(20);  // readers that have stopped are not waited for
  server_ = std::make_unique<fanout::SocketServer>(options, *hub_, *store_, system_clock(), metrics_);
  server_->add("emit",
               [this](const wire::Request& request, const fanout::Reply& reply) { emit(request, reply); });
  const Status started = server_->start();
  ASSERT_TRUE(started) << started.error().message;
  set_up(true);
}

void Stack::emit(const wire::Request& request, const fanout::Reply& reply) {
  std::vector<store::NewEvent> events;
  json::RawElements texts(json::raw_member(request.text, "events"));
  for (const json::Node node : request.body["events"].elements()) {
    auto event = event::decode_new(node, texts.next(), system_clock().now());
    if (!event) return reply.refuse(event.error());
    events.emplace_back().event = std::move(*event);
  }
  const bool durable = request.body["durable"].boolean().value_or(false);
  ingest_->submit(std::move(events), durable ? ingest::Durability::disk : ingest::Durability::commit,
                  ingest::Hand::direct, [reply](const ingest::Answers& answers) {
                    std::string result;
                    json::Writer out(result);
                    out.begin_object().key("results").begin_array();
                    for (const ingest::Answer& answer : answers) write_receipt(out, answer);
                    out.end_array().end_object();
                    reply.result(result);
                  });
}

void Stack::restart() {
  set_up(false);
  server_->close_entrance();
  ingest_->stop();
  server_->stop();
  tear_down();
  start();
}

void Stack::crash(std::mt19937_64& dice) {
  set_up(false);
  server_->stop();
  oracle_.cut();
  const std::string from = state_folder();
  ++incarnation_;
  copy_files(from, state_folder(), dice);
  tear_down();
  oracle_.resume();
  start();
}

// Holding the write lock of the database keeps the writer between two commits and the log from starting over.
// What has been moved from the log into the file meanwhile is in the log, too: this is what a kill would
// leave.
void Stack::copy_files(const std::string& from, const std::string& to, std::mt19937_64& dice) {
  ASSERT_TRUE(make_private_folder(to));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((from + "/bus.db").c_str(), &db), SQLITE_OK);
  sqlite3_busy_timeout(db, 60'000);
  EXPECT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  for (const char* name : {"/bus.db", "/bus.db-wal"}) std::filesystem::copy_file(from + name, to + name);
  EXPECT_EQ(sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
  std::ofstream torn(to + "/bus.db-wal", std::ios::app | std::ios::binary);
  for (std::uint64_t left = dice() % 6000; left > 0; --left) torn.put(static_cast<char>(dice()));
}

void Stack::remove(std::uint64_t until, bool force) {
  const store::Bounds kept = store_->bounds();
  if (kept.first == 0 || until < kept.first || until >= kept.last) return;
  oracle_.removing(until);
  store::Retention retention;
  retention.events = 1;
  retention.force = force;
  const auto pruned = store_->prune(retention, until - kept.first + 1);
  ASSERT_TRUE(pruned) << pruned.error().message;
}

ingest::Ingest* Stack::enter(Mono deadline) {
  MutexLock lock(mutex_);
  while (!up_) {
    if (!changed_.wait_until(mutex_, deadline)) return nullptr;
  }
  ++users_;
  return ingest_.get();
}

void Stack::leave() {
  MutexLock lock(mutex_);
  --users_;
  changed_.notify_all();
}

bool Stack::wait_up(Mono deadline) {
  MutexLock lock(mutex_);
  while (!up_) {
    if (!changed_.wait_until(mutex_, deadline)) return false;
  }
  return true;
}

void Stack::set_up(bool up) {
  MutexLock lock(mutex_);
  up_ = up;
  changed_.notify_all();
}

void Stack::tear_down() {
  set_up(false);
  if (ingest_) ingest_->stop();
  {
    MutexLock lock(mutex_);
    while (users_ != 0) changed_.wait(mutex_);
  }
  server_.reset();
  ingest_.reset();
  hub_.reset();
  store_.reset();
}

}  // namespace bus::integration
