// ChildProcess: one child that runs a plugin's library (`bus plugin-host`), from the host's side. Whatever
// the child does, a call comes back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/plugin/child_link.h"
#include "core/process/spawner.h"

namespace bus::plugin {

// Why a child is no more.
struct ChildEnd {
  enum class Kind : std::uint8_t { crash, exit, hang, flood, memory, garbage, stopped };
  Kind kind = Kind::crash;
  std::string text;  // "crashed in webhook (SIGSEGV): its last words"
};
std::string_view name(ChildEnd::Kind kind);

// Cuts calls short from another thread.
class Hurry {
 public:
  Hurry();
  // No call lasts longer than until then; the earliest counts. Any thread.
  void by(Mono deadline);
  Mono deadline() const { return Mono(nanoseconds(until_.load())); }
  int fd() const { return wake_.get(); }  // readable once by() was called

 private:
  std::atomic<std::int64_t> until_;
  UniqueFd wake_;
};

// One thread, but for kill(), link() and pid().
class ChildProcess {
 public:
  // A question or a remark of the child's. Code::invalid: it makes no sense; Code::limit: there are too many;
  // either is the child's end.
  using Serve = std::function<Status(const Received&)>;
  using Heard = std::function<void(std::string_view line)>;  // what it wrote to stderr

  // Starts `program` plugin-host with that library. `spawner` and `hurry` must outlive this.
  static Result<std::unique_ptr<ChildProcess>> start(process::Spawner& spawner, const std::string& program,
                                                     int library, const Hurry& hurry, Heard heard);
  ~ChildProcess();  // as kill(), and waits
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // One call, and its answer; valid until the next call or turn. It may take `longest`, and what the host
  // needs to serve the child meanwhile, in bounds. `what` names it for people. Meanwhile the child is served.
  // Code::unavailable, with the reason: the child is no more, see end().
  Result<std::string_view> call(Frame frame, std::string_view body, milliseconds longest,
                                std::string_view what, const Serve& serve);
  // Serves what has come, a bounded number of frames, and sends what is held; true if more is here. Errors
  // as call().
  Result<bool> turn(const Serve& serve);
  // Reads what it wrote to stderr.
  void listen();

  const std::shared_ptr<Link>& link() const { return link_; }
  int words() const { return deaf_ ? -1 : words_.get(); }  // its stderr; -1 once it has closed that
  const std::optional<ChildEnd>& end() const { return end_; }
  pid_t pid() const { return child_.pid; }
  void kill();  // any thread

 private:
  ChildProcess(process::Spawner& spawner, const Hurry& hurry, Heard heard)
      : spawner_(spawner), hurry_(hurry), heard_(std::move(heard)) {}
  // Serves one frame, or takes it as the answer to `number`. True: it is.
  Result<bool> take(const Received& received, std::uint64_t number, const Serve& serve);
  Status await_more(Mono deadline);
  // The link brought no frame.
  Error broken(const Error& why);
  // It is no more, because of us or by itself; the error says why.
  Error finish(std::optional<ChildEnd::Kind> ours, const std::string& why);
  void reap();
  std::string last_words();

  process::Spawner& spawner_;
  const Hurry& hurry_;
  const Heard heard_;
  process::Child child_;
  std::shared_ptr<Link> link_;
  UniqueFd words_;  // open as long as this: it may be watched
  bool deaf_ = false;
  std::string line_, last_;  // of its stderr: what is not a line yet, and the latest lines
  std::uint64_t calls_ = 0;
  std::string what_;  // the call that runs
  std::optional<ChildEnd> end_;

  Mutex mutex_;
  bool reaped_ BUS_GUARDED_BY(mutex_) = false;
};

}  // namespace bus::plugin
