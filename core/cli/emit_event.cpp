#include "core/cli/emit_event.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <span>

#include "core/base/text.h"
#include "core/cli/input.h"
#include "core/event/trace.h"
#include "core/json/reader.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMaxData = 16u << 20;

constexpr std::string_view kTaskFields[] = {"id",         "attempt", "kind", "name",   "scope",  "ref",
                                            "sha",        "change",  "url",  "actor",  "worker", "parent",
                                            "state",      "result",  "ok",   "detail", "exit",   "signal",
                                            "blocked_on", "started", "ended"};

// What a traced program, or one that a rule runs, was told of the chain that it belongs to.
std::string trace_of_environment() {
  const char* trace = std::getenv("TRACEPARENT");
  return trace != nullptr && event::is_traceparent(trace) ? trace : std::string();
}

bool is_number_field(std::string_view name) {
  return name == "attempt" || name == "exit";
}

bool is_task_field(std::string_view name) {
  return std::find(std::begin(kTaskFields), std::end(kTaskFields), name) != std::end(kTaskFields);
}

// Cuts "id=x,state=running" at those commas behind which a field begins: values may have commas.
std::vector<std::string_view> cut_pairs(std::string_view text) {
  std::vector<std::string_view> pairs;
  std::size_t begin = 0;
  for (std::size_t comma = text.find(','); comma != std::string_view::npos;
       comma = text.find(',', comma + 1)) {
    const std::string_view behind = text.substr(comma + 1);
    const auto equals = behind.find('=');
    if (equals == std::string_view::npos || !is_task_field(behind.substr(0, equals))) continue;
    pairs.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  pairs.push_back(text.substr(begin));
  return pairs;
}

Status write_pair(json::Writer& out, std::string_view pair) {
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos) {
    return error(Code::invalid, "--task: '" + std::string(pair) + "' is neither JSON nor FIELD=VALUE",
                 "as in --task id=build/7 state=running");
  }
  const std::string_view name = pair.substr(0, equals), value = pair.substr(equals + 1);
  if (!is_task_field(name)) {
    const std::string_view near = nearest(name, kTaskFields);
    return error(Code::invalid, "--task: a task has no field '" + std::string(name) + "'",
                 near.empty() ? "" : "did you mean " + std::string(near) + "?");
  }
  if (is_number_field(name)) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failure != std::errc() || end != value.data() + value.size()) {
      return error(Code::invalid, "--task: " + std::string(name) + " must be a whole number");
    }
    out.member(name, number);
  } else if (name == "ok") {
    out.member(name, value == "true");
  } else {
    out.member(name, value);
  }
  return Ok{};
}

// Checked to be JSON, as it stands.
Result<std::string> json_option(std::string_view option, std::string_view argument) {
  auto text = read_argument(argument, kMaxData);
  if (!text) return text;
  json::Document document;
  if (const auto node = document.parse(*text); !node) {
    return error(Code::invalid, "--" + std::string(option) + " is no JSON: " + node.error().message,
                 "inline JSON, @file, or - for stdin");
  }
  return std::string(trim(*text));
}

}  // namespace

Result<std::string> task_of_words(const std::vector<std::string>& words) {
  if (words.size() == 1 && trim(words[0]).starts_with('{')) return json_option("task", trim(words[0]));
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const std::string& word : words) {
    for (const std::string_view pair : cut_pairs(word)) {
      if (Status written = write_pair(out, pair); !written) return std::move(written).error();
    }
  }
  out.end_object();
  return text;
}

Result<std::string> event_of_options(const Arguments& arguments) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("source", arguments.get_or("source", kDefaultSource));
  for (const std::string_view name : {"type", "scope", "subject", "time", "key", "summary"}) {
    if (const auto value = arguments.get(name)) out.member(name, *value);
  }
  out.member_if("trace", trace_of_environment());
  if (const auto words = arguments.all("task"); !words.empty()) {
    auto task = task_of_words(words);
    if (!task) return task;
    out.key("task").raw(*task);
  }
  if (const auto argument = arguments.get("data")) {
    auto data = json_option("data", *argument);
    if (!data) return data;
    out.key("data").raw(*data);
  }
  out.end_object();
  return text;
}

Result<std::string> event_of_json(std::string_view text) {
  const std::string_view given = trim(text);
  if (given.empty()) return error(Code::invalid, "the event is empty");
  json::Document document;
  const auto node = document.parse(given);
  if (!node) return error(Code::invalid, "the event is no JSON: " + node.error().message);
  if (!node->is_object()) return error(Code::invalid, "an event is a JSON object");
  std::string added;
  if (!(*node)["source"].exists()) added += R"("source":")" + std::string(kDefaultSource) + R"(",)";
  if (const std::string trace = trace_of_environment(); !trace.empty() && !(*node)["trace"].exists())
    added += R"("trace":")" + trace + R"(",)";
  if (added.empty()) return std::string(given);
  const std::string_view members = trim(given.substr(1));
  if (members == "}") added.pop_back();
  return "{" + added + std::string(members);
}

}  // namespace bus::cli
