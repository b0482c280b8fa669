// The source `exec`: any program that writes events as lines of JSON.
#include "bus/plugin.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/exec/delivery.h"
#include "sources/exec/pace.h"

namespace bus::exec {
namespace {

constexpr std::uint32_t kLoggedAMinute = 120;  // lines of stderr
constexpr std::size_t kLoggedLine = 1000;      // bytes of one
constexpr std::chrono::seconds kSteady(10);  // a program that has run for so long after its end is well again

class ExecSource final : public Source {
 public:
  static constexpr PluginInfo info{"exec", "1.0.0", "Any program that writes events as lines of JSON."};
  // The programs' own words.
  static constexpr const char* event_types[] = {"*"};
  static constexpr bus_option options[] = {
      option("command", BUS_OPT_LIST,
             "The program and its arguments, as they are: no shell reads them. Without a slash the program "
             "is looked "
             "for in PATH.",
             nullptr, BUS_OPT_REQUIRED),
      option(
          "every", BUS_OPT_DURATION,
          "Run it again and again, so long after its last start; without it the program is to run for ever."),
      option("timeout", BUS_OPT_DURATION, "With `every`: stop a run that lasts longer."),
      option("acknowledge", BUS_OPT_BOOL,
             "Tell the program on its stdin, a line of JSON for each of its lines, what is stored.", "false"),
      option("directory", BUS_OPT_PATH, "The folder it runs in; that of bus unless it is set."),
      option("environment", BUS_OPT_LIST,
             "Variables of its environment, each as NAME=value, put over those of bus."),
      option("stderr", BUS_OPT_ENUM, "What becomes of its stderr: lines of the log, or nothing.", "log", 0,
             "log|ignore"),
      option("line_bound", BUS_OPT_SIZE, "Longer lines are bad lines.", "1MiB"),
      option("restart_pause", BUS_OPT_DURATION,
             "The first pause before a program that ended is started again; doubled each time.", "1s"),
      option("restart_pause_max", BUS_OPT_DURATION, "The longest such pause.", "5m"),
  };

  ExecSource(Host host, const Settings& settings)
      : host_(host),
        every_(settings.duration("every")),
        timeout_(settings.duration("timeout")),
        acknowledge_(settings.boolean("acknowledge")),
        pauses_(settings.duration("restart_pause"), settings.duration("restart_pause_max"),
                static_cast<std::uint32_t>(host.now_us())),
        logged_(kLoggedAMinute),
        program_(host),
        next_(host),
        limit_(host) {
    for (const std::string_view word : settings.list("command")) run_.argv.emplace_back(word);
    if (run_.argv.empty() || run_.argv[0].empty()) throw Failure(invalid("command must name a program"));
    for (const std::string_view variable : settings.list("environment")) {
      const std::size_t equals = variable.find('=');
      if (equals == 0 || equals == std::string_view::npos)
        throw Failure(invalid("environment: '" + std::string(variable) + "' is not NAME=value"));
      run_.env.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
    }
    if (settings.has("every") && every_ < std::chrono::seconds(1))
      throw Failure(invalid("every must be 1s or more"));
    if (settings.has("timeout") && every_.count() == 0) throw Failure(invalid("timeout goes with every"));
    if (settings.duration("restart_pause") < std::chrono::milliseconds(10))
      throw Failure(invalid("restart_pause must be 10ms or more"));
    const std::int64_t bound = settings.integer("line_bound");
    if (bound < 64 || bound > std::int64_t{BUS_PROCESS_MAX_LINE})
      throw Failure(invalid("line_bound must be 64 to 16MiB"));
    run_.line_bound = static_cast<std::size_t>(bound);
    run_.cwd = settings.text("directory");
    run_.in = acknowledge_;
    run_.err = settings.text("stderr") == "log";
  }

  Status start() override {
    starts_ = Metric::counter(host_, "starts_total", "Starts of the program.");
    delivery_.emplace(host_, program_, acknowledge_);
    return run();
  }

  void stop() noexcept override {
    next_.cancel();
    limit_.cancel();
    if (!delivery_) return;
    delivery_->stop();
    if (const std::size_t lost = delivery_->waiting(); lost > 0)
      host_.log(BUS_LOG_WARNING, std::to_string(lost) + " lines could not be stored before the stop");
  }

 private:
  Status run() {
    started_us_ = host_.now_us();
    Status started = program_.start(
        run_,
        [this](bus_process_stream stream, const std::vector<Program::Line>& lines) {
          if (stream == BUS_STDERR) return log(lines);
          delivery_->take(lines);
        },
        [this](const Program::Exit& how) { ended(how); });
    if (!started.ok()) return started;
    if (starts_) starts_->add();
    delivery_->begin();
    if (every_.count() == 0 && !troubled_) host_.report(BUS_HEALTH_OK);
    if (troubled_) return limit_.once(kSteady, [this] { recovered(); });
    if (timeout_.count() != 0) return limit_.once(timeout_, [this] { program_.stop(); });
    return {};
  }

  void log(const std::vector<Program::Line>& lines) {
    for (const Program::Line& line : lines) {
      if (!logged_.take(host_.now_us())) continue;
      if (const std::uint64_t before = logged_.take_left_out(); before > 0)
        host_.log(BUS_LOG_WARNING, std::to_string(before) + " lines of its stderr were left out");
      host_.log(BUS_LOG_INFO, clip(to_utf8(line.text.substr(0, kLoggedLine))));
    }
  }

  void ended(const Program::Exit& how) {
    limit_.cancel();
    delivery_->program_ended();
    const std::chrono::microseconds lasted(std::max<std::int64_t>(host_.now_us() - started_us_, 0));
    if (every_.count() != 0) return wait_for_turn(how, lasted);
    troubled_ = true;
    wait(pauses_.after(lasted), "its program ended (" + how.text + ")");
  }

  // The next full interval since the last start; a run that takes longer leaves some out.
  void wait_for_turn(const Program::Exit& how, std::chrono::microseconds lasted) {
    if (how.ok()) {
      host_.report(BUS_HEALTH_OK);
    } else {
      host_.report(BUS_HEALTH_RETRYING, how.stopped ? "its last run took too long and was stopped"
                                                    : "its last run ended badly (" + how.text + ")");
    }
    (void)next_.once(every_ - lasted % every_, [this] { again(); });
  }

  // A program that ended is not well because it was started again, but because it goes on.
  void recovered() {
    troubled_ = false;
    host_.report(BUS_HEALTH_OK);
  }

  void wait(std::chrono::microseconds pause, const std::string& why) {
    const auto ms = pause.count() / 1000;
    const std::string when = ms < 10'000 ? std::to_string(ms) + " ms" : std::to_string(ms / 1000) + " s";
    host_.report(BUS_HEALTH_RETRYING, why + "; it is started again in " + when);
    (void)next_.once(pause, [this] { again(); });
  }

  void again() {
    const Status started = run();
    if (!started.ok()) wait(pauses_.after({}), "its program cannot be started: " + started.message());
  }

  Host host_;
  std::chrono::microseconds every_, timeout_;  // 0: none
  bool acknowledge_;
  Pauses pauses_;
  Allowance logged_;
  Program::Options run_;
  std::int64_t started_us_ = 0;
  bool troubled_ = false;  // it ended, and has not run for long since
  Program program_;
  std::optional<Delivery> delivery_;  // from start on
  Timer next_, limit_;
  std::optional<Metric> starts_;
};

}  // namespace
}  // namespace bus::exec

BUS_SOURCE_PLUGIN(bus::exec::ExecSource)
