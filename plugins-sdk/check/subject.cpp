#include "plugins-sdk/check/subject.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>

#include "bus/testing/cases.hpp"
#include "bus/testing/golden.hpp"
#include "plugins-sdk/check/json.h"

namespace bus::check {
namespace {

std::size_t entries(const char* folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// "~/" is the child's own folder, in which the folder of every file is there.
std::string at_home(const std::string& value, const std::filesystem::path& home) {
  if (!value.starts_with("~/")) return value;
  const std::filesystem::path path = home / value.substr(2);
  std::filesystem::create_directories(path.parent_path());
  return path.string();
}

bool is_path(const bus_option* option) {
  return option != nullptr && (option->type == BUS_OPT_PATH || option->type == BUS_OPT_PATHS);
}

}  // namespace

Subject::Subject(const Arguments& arguments, std::filesystem::path scratch, Findings& found)
    : arguments_(arguments), scratch_(std::move(scratch)), found_(found) {
  ::setenv("HOME", scratch_.c_str(), 1);
  if (!arguments_.sample.empty()) sample_ = read_sample(testing::read_file(arguments_.sample));
  found_.step("loading");
  map();
}

void Subject::map() {
  void* library = ::dlopen(arguments_.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return found_.fail(std::string("it cannot be loaded: ") + (why == nullptr ? "" : why));
  }
  const auto* plugin = static_cast<const bus_plugin*>(::dlsym(library, BUS_PLUGIN_SYMBOL));
  if (plugin == nullptr) return found_.fail("it does not export " BUS_PLUGIN_SYMBOL);
  if (plugin->abi_major != BUS_ABI_MAJOR)
    return found_.fail("it was built for plugin ABI " + std::to_string(plugin->abi_major) + ", this is " +
                       std::to_string(BUS_ABI_MAJOR));
  if (plugin->size < offsetof(bus_plugin, create_sink) + sizeof plugin->create_sink)
    return found_.fail("its descriptor is too small");
  plugin_ = plugin;
}

std::unique_ptr<testing::FakeHost> Subject::host() const {
  auto host = std::make_unique<testing::FakeHost>(*plugin_);
  const auto set = [&](const std::string& name, const Value& value) {
    const bus_option* option = testing::find_option(*plugin_, name);
    if (option == nullptr) return;
    std::vector<std::string> texts = value.texts;
    for (std::string& text : texts) {
      if (is_path(option)) text = at_home(text, scratch_);
      if (option->type == BUS_OPT_DURATION && value.kind == Value::number) text += "s";
    }
    host->set_list(name, std::move(texts));
  };
  for (const auto& [name, value] : sample_.set) set(name, value);
  for (const auto& [name, value] : arguments_.set) {
    const bus_option* option = testing::find_option(*plugin_, name);
    host->set(name, is_path(option) ? at_home(value, scratch_) : value);
  }
  return host;
}

bool Subject::expect_class(std::int32_t code, std::string_view message) {
  if (code < BUS_OK || code > BUS_FAULT) {
    found_.fail("it answered " + std::to_string(code) + ", which is no bus_code: " + found_.step());
  } else if (code != BUS_OK && (message.empty() || !is_text(message, 240))) {
    found_.fail("it failed (" + testing::code_word(code) + ") without saying why: " + found_.step());
  }
  return code == BUS_OK;
}

bool Subject::create(testing::Instance& instance) {
  bool made = false;
  if (!found_.call("create", [&] { made = instance.create(); }) || made) return made;
  if (instance.error.code == BUS_OK) found_.fail("create gave null, and no class of error");
  expect_class(instance.error.code, instance.error.message);
  found_.fail("it could not be created: " + std::string(instance.error.message) +
              " (settings: --sample FILE, --set NAME=VALUE)");
  return false;
}

bool Subject::start(testing::Instance& instance) {
  std::int32_t code = BUS_FAULT;
  if (!instance.exists() && !create(instance)) return false;
  if (!found_.call("start", [&] { code = instance.start(); })) return false;
  return expect_class(code, instance.error.message);
}

void Subject::end(testing::Instance& instance) {
  found_.call("stop", [&] { instance.stop(); });
  found_.call("destroy", [&] { instance.destroy(); });
}

std::string Subject::wrong_with(const Event& event) const {
  bool declared = false;
  for (std::uint32_t i = 0; i < plugin_->event_type_count; ++i) {
    const std::string_view type = plugin_->event_types[i];
    declared |= type == event.type || type == "*";
  }
  if (!is_word(event.type) || !declared) return "its descriptor does not name that type";
  for (const std::string& text : {event.scope, event.subject, event.key}) {
    if (!is_text(text, kMaxText)) return "scope, subject or key is too long or no UTF-8";
  }
  if (!is_text(event.summary, 4 * kMaxText)) return "the summary is no text";
  if (!event.data.empty() && !is_json(event.data)) return "data is no JSON";
  if (event.time_us < 0) return "the time is before 1970";
  if (!event.task) return {};
  const Task& task = *event.task;
  if (task.id.empty() || task.kind.empty()) return "a task needs an id and a kind";
  if (!is_text(task.id, kMaxText)) return "a task's id is too long or no UTF-8";
  if (task.state < State::pending || task.state > State::finished) return "there is no such state";
  if ((task.result == Outcome::none) == (task.state == State::finished))
    return "a task has a result exactly when it is finished";
  return {};
}

void Subject::look_at(const testing::FakeHost& host) {
  for (const Event& event : host.events) {
    const std::string problem = wrong_with(event);
    if (!problem.empty()) found_.fail(problem + " (event of type '" + event.type + "')");
  }
  for (const auto& [health, reason] : host.reports) {
    if (health < BUS_HEALTH_OK || health > BUS_HEALTH_DEGRADED)
      found_.fail("it reported " + std::to_string(health) + ", which is no bus_health");
    if (!is_text(reason, 4 * kMaxText)) found_.fail("the reason of a report is no text");
  }
  for (const std::string& line : host.logged) {
    if (!is_text(line, 16 * kMaxText)) found_.fail("a line for the log is no text");
  }
}

std::vector<std::string> friendly_inputs(const Arguments& arguments) {
  std::vector<std::string> all;
  for (const std::string& name : testing::folder_names(arguments.cases)) {
    const auto folder = std::filesystem::path(arguments.cases) / name;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string ending = entry.path().extension(), text = testing::read_file(entry.path());
      if (ending == ".request" || ending == ".answer") all.push_back(testing::HttpText(text).body);
      if (ending == ".message") all.push_back(text);
    }
  }
  if (all.empty()) all.emplace_back("{}");
  return all;
}

std::vector<std::string> hostile_inputs() {
  std::string deep(20'000, '[');
  return {"",
          "x",
          "null",
          "[]",
          "{}",
          "{\"a\":",
          "{\"type\":1,\"id\":[],\"state\":{},\"name\":\"\xff\xfe\"}",
          std::string("{\"a\":\"\0\"}", 9),
          std::string(300'000, 'a'),
          "\"" + std::string(300'000, 'b') + "\"",
          std::move(deep)};
}

Possessions possessions() {
  return {entries("/proc/self/task"), entries("/proc/self/fd")};
}

}  // namespace bus::check
