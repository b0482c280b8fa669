// The source `pytest`: sessions of tests as they run, and the files that test runners write.
#include "bus/plugin.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sources/pytest/folder_watch.h"
#include "sources/pytest/intake.h"
#include "sources/pytest/open_sessions.h"
#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

constexpr const char* kOpenKey = "open";      // of the durable values: the sessions that had begun
constexpr const char* kLookedKey = "looked";  // when the folders were last looked at, µs

class PytestSource final : public Source, public IntakeSource {
 public:
  static constexpr PluginInfo info{"pytest", "1.0.0",
                                   "Sessions of pytest as they run, and files of JUnit XML."};
  static constexpr const char* event_types[] = {"pytest_session", "pytest_test", "pytest_collect",
                                                "junit_session", "junit_test"};
  static constexpr bus_option options[] = {
      option("silence", BUS_OPT_DURATION,
             "A session that was not heard of for this long is unknown until it is heard again.", "60s"),
      option(
          "watch", BUS_OPT_PATHS,
          "Folders in which JUnit XML (*.xml) and report logs of pytest (*.jsonl, *.ndjson, *.json) appear."),
  };

  PytestSource(Host host, const Settings& settings)
      : host_(host), silence_(settings.duration("silence")), open_(silence_.count()), timer_(host) {
    if (silence_ < std::chrono::seconds(15)) throw Failure(invalid("silence must be 15s or more"));
    for (const std::string_view folder : settings.list("watch")) {
      if (folder.empty() || folder[0] != '/')
        throw Failure(invalid("watch must name folders from the root on"));
      folders_.emplace_back(folder);
    }
  }

  Status start() override {
    reports_ = Metric::counter(host_, "reports_total", "Reports of tests and sessions taken.");
    refused_ = Metric::counter(host_, "refused_total", "Messages and files refused.");
    sessions_ = Metric::gauge(host_, "open_sessions", "Sessions that have begun and not ended.");
    const StateStore state(host_);
    std::optional<std::string> saved;
    if (state.get(kOpenKey, saved).ok() && saved) open_.restore(*saved, host_.now_us());
    watch_sessions();
    return folders_.empty() ? Status() : watch_folders();
  }

  void stop() noexcept override {
    timer_.cancel();
    watch_.reset();
  }

  IntakeReply on_message(std::string_view json) override {
    Meaning meaning = intake_.read(json);
    if (const auto* refusal = std::get_if<Refusal>(&meaning)) {
      if (refused_) refused_->add();
      return {invalid(refusal->message), {}};
    }
    if (const auto* live = std::get_if<Live>(&meaning)) return {take_live(*live), {}};
    const auto& file = std::get<FromFile>(meaning);
    if (is_useless(file.report)) {
      if (refused_) refused_->add();
      return {invalid(file.report.problem), {}};
    }
    if (Status posted = host_.post(file.events); !posted.ok()) return {posted, {}};
    count(file.events.size());
    return {{}, answer_of(file.report)};
  }

 private:
  Status take_live(const Live& live) {
    const bool back = !live.finished && open_.heard(live.session, host_.now_us());
    std::vector<Event> events;
    const std::vector<Event>* all = &live.events;
    if (back) {
      events = live.events;
      events.insert(events.begin(), heard_again(live.session));
      all = &events;
    }
    if (!all->empty()) {
      if (Status posted = host_.post(*all); !posted.ok()) return posted;
    }
    count(all->size());
    if (live.finished) open_.finished(live.session.id);
    remember_sessions();
    watch_sessions();
    return {};
  }

  Event heard_again(const Session& session) const {
    Event event = session_running(session, 0, host_.now_us(), std::nullopt, {});
    event.key.clear();
    return event;
  }

  // What a client is told about its file.
  static std::string answer_of(const FileReport& report) {
    JsonObject out;
    out.text("session", session_task_id(report.session)).number("tests", report.counts.total());
    out.json("counts", report.counts.json()).text("problem", report.problem);
    if (report.finish && report.problem.empty()) out.json("ok", report.counts.bad() ? "false" : "true");
    return out.done();
  }

  void count(std::size_t events) {
    if (reports_) reports_->add(static_cast<double>(events));
  }

  // Only when the set has changed: a message that says that a session goes on costs no write.
  void remember_sessions() {
    if (sessions_) sessions_->set(static_cast<double>(open_.size()));
    std::string saved = open_.save();
    if (saved == saved_) return;
    saved_ = std::move(saved);
    (void)StateStore(host_).put(kOpenKey, saved_);
  }

  // The timer runs only while a session is open.
  void watch_sessions() {
    if (!open_.watching()) return timer_.cancel();
    if (!timer_.armed()) (void)timer_.every(silence_ / 4, [this] { tell_silent(); });
  }

  void tell_silent() {
    std::vector<Event> events;
    for (const Session& session : open_.take_silent(host_.now_us())) {
      events.push_back(session_unknown(session, std::nullopt, host_.now_us(), "silent", {}));
    }
    if (!events.empty()) (void)host_.emit(events);
    remember_sessions();
    watch_sessions();
  }

  Status watch_folders() {
    std::optional<std::string> looked;
    (void)StateStore(host_).get(kLookedKey, looked);
    // What was there before this source first ran is old news.
    const std::int64_t since_us = looked ? std::strtoll(looked->c_str(), nullptr, 10) : 0;
    watch_.emplace(
        host_, folders_, [this](const FoundFile& file) { take_file(file); },
        [this](const Status& status) { tell_looked(status); });
    return watch_->start(since_us);
  }

  void tell_looked(const Status& status) {
    remember_look();
    host_.report(status.ok() ? BUS_HEALTH_OK : BUS_HEALTH_IDLE, status.message());
  }

  void remember_look() { (void)StateStore(host_).put(kLookedKey, std::to_string(host_.now_us())); }

  void take_file(const FoundFile& found) {
    const ReportFile file{found.path, found.content, {}, found.modified_us};
    const FromFile from = found.path.ends_with(".xml") ? read_junit_file(file) : read_reportlog_file(file);
    if (is_useless(from.report)) {  // other files lie there, too
      if (refused_) refused_->add();
      host_.log(BUS_LOG_WARNING, found.path + ": " + from.report.problem);
      return;
    }
    std::vector<Receipt> receipts;
    if (const Status stored = host_.emit(from.events, &receipts); !stored.ok())
      host_.log(BUS_LOG_WARNING, found.path + ": " + stored.message());
    remember_look();
    const auto fresh = [](const Receipt& one) { return one.code == Code::ok && !one.duplicate; };
    count(static_cast<std::size_t>(std::count_if(receipts.begin(), receipts.end(), fresh)));
  }

  Host host_;
  std::chrono::microseconds silence_;
  std::vector<std::string> folders_;
  Intake intake_;
  OpenSessions open_;
  std::string saved_;  // what is remembered of them
  Timer timer_;
  std::optional<FolderWatch> watch_;
  std::optional<Metric> reports_, refused_, sessions_;
};

}  // namespace
}  // namespace bus::pytest

BUS_SOURCE_PLUGIN(bus::pytest::PytestSource)
