#include "normalize.h"

#include <simdjson.h>

#include <string>

namespace builds {
namespace {

struct Word {
  std::string_view status;
  bus::State state;
  bus::Outcome result;
};
// README.md has the same table; each row has its case.
constexpr Word kWords[] = {{"queued", bus::State::pending, bus::Outcome::none},
                           {"running", bus::State::running, bus::Outcome::none},
                           {"waiting", bus::State::blocked, bus::Outcome::none},
                           {"passed", bus::State::finished, bus::Outcome::success},
                           {"skipped", bus::State::finished, bus::Outcome::skip},
                           {"failed", bus::State::finished, bus::Outcome::failure},
                           {"broken", bus::State::finished, bus::Outcome::error},
                           {"expired", bus::State::finished, bus::Outcome::timeout},
                           {"cancelled", bus::State::finished, bus::Outcome::cancellation}};

std::string text(const simdjson::dom::object& build, std::string_view name) {
  std::string_view value;
  return build[name].get(value) == simdjson::SUCCESS ? std::string(bus::clip(value)) : std::string();
}

// False: it lacks what every build has.
bool read_build(const simdjson::dom::object& build, bus::Event& event) {
  std::uint64_t id = 0;
  const std::string project = text(build, "project"), status = text(build, "status");
  if (build["id"].get(id) != simdjson::SUCCESS || project.empty() || status.empty()) return false;
  const std::string name = project + "/" + std::to_string(id);
  event.type = "build";
  event.scope = project;
  event.subject = "build/" + std::to_string(id);
  event.key = name + "/" + status;
  event.summary =
      std::string(bus::clip("build " + std::to_string(id) + " of " + project + ": " + status, 200));
  event.data = simdjson::minify(build);
  event.polled = true;

  bus::Task& task = event.task.emplace();
  task.id = "builds:" + name;
  task.kind = "run";
  task.state = bus::State::unknown;
  for (const Word& word : kWords) {
    if (word.status == status) task.state = word.state, task.result = word.result;
  }
  task.name = text(build, "name"), task.scope = project, task.detail = status;
  task.ref = text(build, "branch"), task.sha = text(build, "commit"), task.url = text(build, "url");
  if (task.state == bus::State::blocked) task.blocked_on = "approval";
  task.started_us = bus::parse_time_us(text(build, "started")).value_or(0);
  task.ended_us = bus::parse_time_us(text(build, "finished")).value_or(0);
  event.time_us = task.ended_us != 0 ? task.ended_us : task.started_us;
  return true;
}

}  // namespace

bus::Status read_builds(std::string_view json, Reading& reading) {
  simdjson::dom::parser parser;
  simdjson::dom::array builds;
  if (parser.parse(simdjson::padded_string(json)).get_array().get(builds) != simdjson::SUCCESS)
    return bus::invalid("the answer is no list of builds");
  for (const simdjson::dom::element element : builds) {
    simdjson::dom::object build;
    bus::Event event;
    if (element.get(build) == simdjson::SUCCESS && read_build(build, event)) {
      reading.events.insert(reading.events.begin(), std::move(event));  // the service gives the newest first
    } else {
      ++reading.odd;
    }
  }
  return {};
}

}  // namespace builds
