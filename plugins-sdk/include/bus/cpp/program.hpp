// C++ layer: a program that is run and listened to.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/host.hpp"
#include "bus/ext/process.h"

namespace bus {
inline namespace sdk {

// One program at a time; may be started again when it has ended. Used on the instance's thread only, between
// start and stop; the destructor forgets the program, and the host stops it.
class Program {
 public:
  struct Options {
    std::vector<std::string> argv;  // argv[0] is looked for in PATH once, at the first start
    std::vector<std::pair<std::string, std::string>> env = {};  // put over the host's environment
    std::string cwd = {};
    bool in = false;             // stdin is a pipe for write(); else /dev/null
    bool lines = true;           // output as whole lines, else in pieces
    bool err = true;             // read stderr; else /dev/null
    std::size_t line_bound = 0;  // 0: BUS_PROCESS_LINE
  };
  struct Line {
    std::string_view text;    // without the newline; any bytes
    bool cut = false;         // longer than the bound; the rest is dropped
    bool unfinished = false;  // the last one, without a newline
  };
  struct Exit {
    int code = 0, signal = 0;
    bool stopped = false;  // it was asked to stop
    bool lost = false;     // how it ended cannot be known
    std::string text;      // "exit 3", "SIGKILL"
    bool ok() const { return code == 0 && signal == 0 && !lost; }
  };
  // What came on stdout or stderr: one piece, or the lines of one read.
  using Output = std::function<void(bus_process_stream stream, const std::vector<Line>& lines)>;
  using Ended = std::function<void(const Exit& how)>;

  explicit Program(Host host) : host_(host), table_(host.extension<bus_process>(BUS_EXT_PROCESS)) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (id_ != 0) table_->forget(host_.c()->self, id_, kGrace);
  }

  // Runs it. `ended` is the last call, and may start it again.
  Status start(const Options& options, Output output, Ended ended) {
    if (table_ == nullptr) return {Code::unavailable, "the host runs no programs"};
    if (id_ != 0) return invalid("the program runs already");
    if (options.argv.empty()) return invalid("there is no program to run");
    if (path_.empty()) {
      if (Status found = resolve(options.argv[0], options.cwd); !found.ok()) return found;
    }
    calls_ = std::make_shared<const Calls>(Calls{std::move(output), std::move(ended)});
    return run(options);
  }
  // All of it or nothing. Code::unavailable: no room; drained() tells when to go on.
  Status write(std::string_view bytes) {
    if (id_ == 0) return invalid("the program does not run");
    bus_error error = empty_error();
    return status_of(table_->write(host_.c()->self, id_, sdk::text(bytes), &error), error);
  }
  void on_drained(std::function<void()> drained) { drained_ = std::move(drained); }
  void close_stdin() {
    if (id_ != 0) table_->close_stdin(host_.c()->self, id_);
  }
  // Which streams are read; the program waits when its pipe is full.
  Status read(bool out, bool err) {
    if (id_ == 0) return invalid("the program does not run");
    bus_error error = empty_error();
    const std::uint32_t streams =
        (out ? std::uint32_t{BUS_STDOUT} : 0u) | (err ? std::uint32_t{BUS_STDERR} : 0u);
    return status_of(table_->read(host_.c()->self, id_, streams, &error), error);
  }
  // SIGTERM, a grace, SIGKILL, to its whole group; `ended` is called when it is gone.
  void stop(std::chrono::microseconds grace = std::chrono::microseconds(kGrace)) {
    if (id_ != 0) table_->stop(host_.c()->self, id_, static_cast<std::uint64_t>(grace.count()));
  }
  bool running() const { return id_ != 0; }
  int pid() const { return id_ == 0 ? 0 : table_->pid(host_.c()->self, id_); }
  const std::string& path() const { return path_; }  // empty before the first start

 private:
  static constexpr std::uint64_t kGrace = 5'000'000;
  struct Calls {
    Output output;
    Ended ended;
  };

  Status resolve(const std::string& name, const std::string& cwd) {
    std::string buffer(4096, '\0');
    std::size_t length = 0;
    bus_error error = empty_error();
    const std::int32_t code = table_->resolve(host_.c()->self, sdk::text(name), sdk::text(cwd), buffer.data(),
                                              buffer.size(), &length, &error);
    if (code != BUS_OK) return status_of(code, error);
    if (length > buffer.size()) return invalid("the program's path is too long");
    buffer.resize(length);
    path_ = std::move(buffer);
    return {};
  }
  Status run(const Options& options) {
    std::vector<bus_text> argv;
    argv.reserve(options.argv.size());
    for (const std::string& word : options.argv) argv.push_back(sdk::text(word));
    std::vector<bus_variable> env;
    env.reserve(options.env.size());
    for (const auto& [name, value] : options.env) env.push_back({sdk::text(name), sdk::text(value)});
    bus_program program{};
    program.size = sizeof program;
    program.flags = (options.in ? std::uint32_t{BUS_PROCESS_STDIN} : 0u) |
                    (options.lines ? std::uint32_t{BUS_PROCESS_LINES} : 0u) |
                    (options.err ? 0u : std::uint32_t{BUS_PROCESS_NO_STDERR});
    program.path = sdk::text(path_);
    program.argv = argv.data(), program.argc = argv.size();
    program.env = env.data(), program.env_count = env.size();
    program.cwd = sdk::text(options.cwd);
    program.line_bound = options.line_bound;
    program.argument = this;
    program.on_output = &Program::output;
    program.on_drained = &Program::drained;
    program.on_exit = &Program::ended;
    bus_error error = empty_error();
    return status_of(table_->start(host_.c()->self, &program, &id_, &error), error);
  }

  static void output(void* argument, std::uint64_t, std::uint32_t stream, const bus_output* items,
                     std::size_t count) noexcept {
    const auto& self = *static_cast<Program*>(argument);
    const std::shared_ptr<const Calls> calls = self.calls_;
    report_thrown(self.host_, "an output", [&] {
      std::vector<Line> lines;
      lines.reserve(count);
      const char* at = reinterpret_cast<const char*>(items);
      for (std::size_t i = 0; i < count; ++i, at += items->size) {
        const auto& item = *reinterpret_cast<const bus_output*>(at);
        lines.push_back(
            {view(item.text), (item.flags & BUS_OUTPUT_CUT) != 0, (item.flags & BUS_OUTPUT_UNFINISHED) != 0});
      }
      if (calls->output) calls->output(static_cast<bus_process_stream>(stream), lines);
    });
  }
  static void drained(void* argument, std::uint64_t) noexcept {
    const auto& self = *static_cast<Program*>(argument);
    report_thrown(self.host_, "a drained", [&] {
      const std::function<void()> call = self.drained_;
      if (call) call();
    });
  }
  static void ended(void* argument, std::uint64_t, const bus_exit* how) noexcept {
    auto& self = *static_cast<Program*>(argument);
    self.id_ = 0;
    const std::shared_ptr<const Calls> calls = self.calls_;
    report_thrown(self.host_, "an exit", [&] {
      const Exit exit{how->code, how->signal, (how->flags & BUS_EXIT_STOPPED) != 0,
                      (how->flags & BUS_EXIT_LOST) != 0, std::string(view(how->text))};
      if (calls->ended) calls->ended(exit);
    });
  }

  Host host_;
  const bus_process* table_;
  std::string path_;
  std::shared_ptr<const Calls> calls_;
  std::function<void()> drained_;
  std::uint64_t id_ = 0;
};

}  // namespace sdk
}  // namespace bus
