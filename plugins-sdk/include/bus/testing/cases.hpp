// For tests of a plugin: cases that drive one instance through its C entry points, step by step.
//
// A case is a folder. `settings.txt` has a line `name = value` for each setting ({tmp}: a folder of the
// case's own). Every other file but the expected one is a step, in the order of their names; the ending says
// what:
//   .request   a webhook: `POST /path?query`, headers, an empty line, the body
//   .message   a message to the intake: JSON
//   .fire      every timer that is armed fires once
//   .answer    the oldest request to a server is answered: a status (0: there is no answer), headers, an
//   empty
//              line, the body
//   .batch     events for a sink, one a line: type, key, a task's state and result; tabs between them; - for
//              none
// The outcome is a text: what each step was answered, what was emitted, asked for and reported, and at the
// end the durable values, the figures, and what stands in {tmp}.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bus/testing/golden.hpp"
#include "bus/testing/host.hpp"
#include "bus/testing/instance.hpp"
#include "bus/testing/render.hpp"

namespace bus::testing {

inline std::string code_word(std::int32_t code) {
  constexpr const char* kWords[] = {"ok", "invalid", "unavailable", "denied", "stopping", "fault", "later"};
  return code >= 0 && code <= BUS_LATER ? kWords[code] : "code " + std::to_string(code);
}

// A first line, headers, a body.
struct HttpText {
  std::string first, body;
  std::map<std::string, std::string> headers;

  explicit HttpText(const std::string& text) {
    std::istringstream in(text);
    std::getline(in, first);
    for (std::string line; std::getline(in, line) && !line.empty();) {
      const std::size_t colon = line.find(':');
      if (colon == line.npos) continue;
      headers[line.substr(0, colon)] = line.substr(line.find_first_not_of(' ', colon + 1));
    }
    if (in) body.assign(std::istreambuf_iterator<char>(in), {});
    if (body.ends_with('\n')) body.pop_back();
  }
};

// One case. `scratch` is an empty folder for {tmp}; `host` is fresh, with the settings that all cases share.
class CaseRun {
 public:
  CaseRun(const bus_plugin& plugin, FakeHost& host, std::filesystem::path folder,
          std::filesystem::path scratch)
      : host_(host), instance_(plugin, host), folder_(std::move(folder)), scratch_(std::move(scratch)) {}

  std::string outcome(std::string_view expected = "expected.txt") {
    std::vector<std::filesystem::path> steps;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (name == "settings.txt") {
        read_settings(read_file(entry.path()));
      } else if (name != expected) {
        steps.push_back(entry.path());
      }
    }
    std::sort(steps.begin(), steps.end());
    const std::int32_t started = instance_.start();
    if (started != BUS_OK) say("start: " + code_word(started) + ": " + instance_.error.message);
    tell_news();
    for (const auto& step : steps) {
      if (started == BUS_OK) run(step);
    }
    instance_.end();
    tell_news();
    tell_rest();
    return out_;
  }

 private:
  void say(const std::string& line) { out_ += line + "\n"; }

  void read_settings(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      const std::size_t equals = line.find(" = ");
      if (equals == line.npos || line[0] == '#') continue;
      std::string value = line.substr(equals + 3);
      const std::size_t at = value.find("{tmp}");
      if (at != value.npos) value.replace(at, 5, scratch_.string());
      host_.set(line.substr(0, equals), value);
    }
  }

  void run(const std::filesystem::path& step) {
    say("> " + step.filename().string());
    const std::string ending = step.extension(), text = read_file(step);
    if (ending == ".request" && instance_.webhook != nullptr) {
      request(HttpText(text));
    } else if (ending == ".message" && instance_.intake != nullptr) {
      const Reply reply = instance_.message(text);
      say("reply: " + code_word(reply.code) +
          (reply.code == BUS_OK ? " " + reply.body : ": " + reply.message));
    } else if (ending == ".fire") {
      host_.abilities.fire_all();
    } else if (ending == ".answer") {
      answer(HttpText(text));
    } else if (ending == ".batch" && instance_.is_sink() && !text.empty()) {
      batch(text);
    } else {
      say("no such step for this plugin");
    }
    tell_news();
  }

  void request(const HttpText& text) {
    Request request;
    std::istringstream first(text.first);
    std::string target;
    first >> request.method >> target;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.headers = text.headers, request.body = text.body;
    while (request.route < instance_.webhook->route_count &&
           request.path != instance_.route(request.route).path)
      ++request.route;
    if (request.route == instance_.webhook->route_count) return say("no such route");
    const Reply reply = instance_.request(request);
    if (reply.code != BUS_OK) return say("answer: " + code_word(reply.code) + ": " + reply.message);
    say("answer: " + (reply.status == 0 ? "taken" : std::to_string(reply.status) + " " + reply.body));
  }

  void answer(const HttpText& text) {
    auto& requests = host_.abilities.requests;
    if (requests.empty()) return say("nothing was asked for");
    const std::uint64_t id = requests.begin()->first;
    const int status = std::atoi(text.first.c_str());
    if (status == 0) {
      host_.abilities.fail(id, BUS_UNAVAILABLE, "nobody there");
    } else {
      host_.abilities.answer(id, status, text.body, text.headers);
    }
  }

  void batch(const std::string& text) {
    std::vector<StoredEvent> stored;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) stored.push_back(event_of(line));
    const Delivered answer = instance_.deliver(stored);
    say("answer: " + code_word(answer.code) +
        (answer.code == BUS_OK ? "" : " after " + std::to_string(answer.accepted) + ": " + answer.message));
  }
  StoredEvent event_of(const std::string& line) {
    std::istringstream in(line);
    std::string type, key, state, result;
    in >> type >> key >> state >> result;
    StoredEvent one{++seq_, {}};
    one.event.type = type, one.event.key = key == "-" ? "" : key;
    one.event.summary = "event " + std::to_string(seq_);
    if (state.empty() || state == "-") return one;
    Task& task = one.event.task.emplace();
    task.id = "test:" + key, task.kind = "run", task.name = key;
    for (std::size_t i = 0; i < std::size(kStateWords); ++i) {
      if (kStateWords[i] == state) task.state = static_cast<State>(i);
    }
    for (std::size_t i = 1; i < std::size(kResultWords); ++i) {
      if (kResultWords[i] == result) task.result = static_cast<Outcome>(i);
    }
    one.effect = BUS_EFFECT_NEW;
    return one;
  }

  // What has come since the last step.
  void tell_news() {
    for (; told_events_ < host_.events.size(); ++told_events_)
      out_ += render_event(host_.events[told_events_]);
    for (; told_reports_ < host_.reports.size(); ++told_reports_) {
      constexpr const char* kWords[] = {"ok", "retrying", "waiting", "failed", "idle", "degraded"};
      const auto& [health, reason] = host_.reports[told_reports_];
      say("report: " + std::string(kWords[static_cast<std::size_t>(health) % 6]) +
          (reason.empty() ? "" : ": " + reason));
    }
    for (; told_answers_ < host_.abilities.answered.size(); ++told_answers_) {
      const auto& [code, delivery] = host_.abilities.answered[told_answers_];
      say("later: " + code_word(code) +
          (code == BUS_OK ? "" : " after " + std::to_string(delivery.accepted) + ": " + delivery.message));
    }
    for (; told_lines_ < host_.logged.size(); ++told_lines_) say("log: " + host_.logged[told_lines_]);
    for (const auto& [id, asked] : host_.abilities.requests) {
      if (id <= told_request_) continue;
      told_request_ = id;
      say("asks: " + asked.method + " " + asked.url + (asked.body.empty() ? "" : " " + asked.body));
    }
  }
  void tell_rest() {
    for (const auto& [key, value] : host_.abilities.state) say("state: " + key + " = " + value);
    for (const auto& [id, series] : host_.abilities.series) {
      std::ostringstream value;
      value << series.value;
      say("metric: " + series.name + " " + value.str());
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      say("file: " + file.lexically_relative(scratch_).string());
      out_ += read_file(file);
    }
  }

  FakeHost& host_;
  Instance instance_;
  const std::filesystem::path folder_, scratch_;
  std::string out_;
  std::uint64_t seq_ = 0, told_request_ = 0;
  std::size_t told_events_ = 0, told_reports_ = 0, told_lines_ = 0, told_answers_ = 0;
};

}  // namespace bus::testing
