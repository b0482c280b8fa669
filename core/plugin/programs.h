// Programs: the programs that an instance runs (bus.process/1), and the pipes to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bus/ext/process.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/loop/runner.h"
#include "core/plugin/line_splitter.h"
#include "core/process/spawner.h"

namespace bus::plugin {

// How a program ended, when nobody of its group is left and its output is at its end.
struct Ended {
  std::optional<process::Exit> exit;  // none: it is lost
  bool stopped = false;               // it was asked to stop before it ended
};

// What to run. The callbacks come on the runner's thread; `ended` is the last.
struct ProgramSpec {
  std::string path;  // absolute
  std::vector<std::string> argv;
  std::vector<process::Variable> env;  // put over our own environment, which is freed of events' variables
  std::string cwd;
  bool in = false;     // stdin is a pipe; else /dev/null
  bool lines = false;  // whole lines; else one piece for each read
  bool err = true;     // stderr is read; else /dev/null
  std::size_t line_bound = BUS_PROCESS_LINE;
  std::function<void(std::uint64_t, bus_process_stream, std::span<const Line>)> output;
  std::function<void(std::uint64_t)> drained;  // may be empty
  std::function<void(std::uint64_t, const Ended&)> ended;
};

// Of the runner's thread, but for kill_all(). Output is read by the runner's watches, a piece at a time, so
// that a callback that takes its time holds the program up.
class Programs {
 public:
  using Id = std::uint64_t;

  // `hit` is told the name of a bound that was hit. Everything must outlive this.
  Programs(loop::Runner& runner, process::Spawner& spawner, const Clock& clock,
           std::function<void(std::string_view)> hit);
  ~Programs();  // REQUIRES: stop_all() was called, or nothing was started
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  // Code::unavailable: there are BUS_PROCESS_MAX. Else as Spawner::start().
  Result<Id> start(ProgramSpec spec);
  // The rest as the functions of bus_process say.
  Status read(Id id, std::uint32_t streams);
  Status write(Id id, std::string_view bytes);
  void close_stdin(Id id);
  void stop(Id id, microseconds grace);
  void forget(Id id, microseconds grace);
  pid_t pid(Id id) const;

  // Stops all and waits until they are gone. Nothing is called back any more. REQUIRES: the runner's watches
  // and timers were cancelled.
  void stop_all(microseconds grace);
  // SIGKILL to all of them; for when the thread does not come back. Any thread.
  void kill_all();

 private:
  struct One;
  struct Stream;

  One* find(Id id) const;
  Status connect(One& one, process::Program& program, std::vector<UniqueFd>& theirs);
  Status watch(One& one);
  void read_some(One& one, Stream& stream);
  void end_stream(One& one, Stream& stream);
  void hand_over(One& one, Stream& stream, std::string_view bytes);
  void write_some(One& one);
  void close_in(One& one);
  void look(One& one);
  void group_gone(One& one);
  bool finish_if_done(One& one);

  loop::Runner& runner_;
  process::Spawner& spawner_;
  const Clock& clock_;
  const std::function<void(std::string_view)> hit_;
  std::map<Id, std::unique_ptr<One>> all_;
  std::vector<char> buffer_;
  Id last_ = 0;

  Mutex mutex_;
  std::map<Id, pid_t> groups_ BUS_GUARDED_BY(mutex_);  // of those that are not gone
};

}  // namespace bus::plugin
