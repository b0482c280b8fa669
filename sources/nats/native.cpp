#include "sources/nats/native.h"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <utility>

namespace bus::nats {
namespace {

namespace dom = simdjson::dom;

// Members of one object; the first thing that is wrong is kept.
class Fields {
 public:
  Fields(dom::object object, std::string& why) : object_(object), why_(why) {}

  bool find(std::string_view name, dom::element& out) const {
    return object_.at_key(name).get(out) == simdjson::SUCCESS && !out.is_null();
  }
  void text(std::string_view name, std::string& out) const {
    dom::element found;
    if (!find(name, found)) return;
    std::string_view value;
    if (found.get_string().get(value) != simdjson::SUCCESS) return wrong(name, "must be a text");
    out = value;
  }
  void time(std::string_view name, std::int64_t& out) const {
    std::string words;
    text(name, words);
    if (words.empty()) return;
    const auto us = parse_time_us(words);
    if (!us) return wrong(name, "is no time");
    out = *us;
  }
  template <class Number>
  void number(std::string_view name, Number& out) const {
    dom::element found;
    if (!find(name, found)) return;
    std::int64_t value = 0;
    if (found.get_int64().get(value) != simdjson::SUCCESS || value < std::numeric_limits<Number>::min() ||
        value > std::numeric_limits<Number>::max()) {
      return wrong(name, "is no whole number, or too large");
    }
    out = static_cast<Number>(value);
  }
  // The place of a word in `words`, from 0; -1 if it is not given.
  template <std::size_t N>
  int word(std::string_view name, const std::array<std::string_view, N>& words) const {
    std::string given;
    text(name, given);
    if (given.empty()) return -1;
    for (std::size_t i = 0; i < N; ++i) {
      if (words[i] == given) return static_cast<int>(i);
    }
    wrong(name, "is an unknown word");
    return -1;
  }
  void wrong(std::string_view name, std::string_view text) const {
    if (why_.empty()) why_.append(name).append(" ").append(text);
  }

 private:
  dom::object object_;
  std::string& why_;
};

constexpr std::array<std::string_view, 5> kStates = {"pending", "running", "blocked", "unknown", "finished"};
constexpr std::array<std::string_view, 6> kResults = {"success", "skip",    "failure",
                                                      "error",   "timeout", "cancellation"};

Task read_task(const Fields& in) {
  Task task;
  for (const auto& [name, to] : {std::pair{"id", &task.id},
                                 {"kind", &task.kind},
                                 {"name", &task.name},
                                 {"scope", &task.scope},
                                 {"ref", &task.ref},
                                 {"sha", &task.sha},
                                 {"change", &task.change},
                                 {"url", &task.url},
                                 {"actor", &task.actor},
                                 {"worker", &task.worker},
                                 {"parent", &task.parent},
                                 {"blocked_on", &task.blocked_on},
                                 {"detail", &task.detail},
                                 {"signal", &task.signal}}) {
    in.text(name, *to);
  }
  in.number("attempt", task.attempt);
  const int state = in.word("state", kStates), result = in.word("result", kResults);
  if (state < 0) in.wrong("task.state", "is missing");
  task.state = static_cast<State>(state < 0 ? 0 : state);
  task.result = static_cast<Outcome>(result + 1);
  if (dom::element found; in.find("exit", found)) in.number("exit", task.exit.emplace());
  in.time("started", task.started_us);
  in.time("ended", task.ended_us);
  return task;
}

// Another bus got it through NATS: what it was at its origin stands in its data.
void read_passed_on(const Fields& data, Origin& origin) {
  for (const auto& [name, to] : {std::pair{"origin", &origin.bus},
                                 {"source", &origin.source},
                                 {"id", &origin.id},
                                 {"key", &origin.key},
                                 {"received", &origin.received}}) {
    to->clear();
    data.text(name, *to);
  }
  origin.seq.clear();
  dom::element found;
  if (data.find("seq", found)) origin.seq = simdjson::minify(found);
}

// The bytes of a member of an object, as they stand there. REQUIRES: `json` has been read as an object.
std::string bytes_of(std::string_view json, std::initializer_list<std::string_view> path) {
  namespace ondemand = simdjson::ondemand;
  const simdjson::padded_string padded(json);
  ondemand::parser parser;
  ondemand::document document;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return {};
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return {};
  ondemand::value value;
  for (const std::string_view* name = path.begin(); name != path.end(); ++name) {
    if (object.find_field_unordered(*name).get(value) != simdjson::SUCCESS) return {};
    if (name + 1 != path.end() && value.get_object().get(object) != simdjson::SUCCESS) return {};
  }
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return {};
  std::string_view bytes;
  if (type == ondemand::json_type::object) {
    ondemand::object inner;
    if (value.get_object().get(inner) != simdjson::SUCCESS ||
        inner.raw_json().get(bytes) != simdjson::SUCCESS)
      return {};
  } else if (type == ondemand::json_type::array) {
    ondemand::array inner;
    if (value.get_array().get(inner) != simdjson::SUCCESS || inner.raw_json().get(bytes) != simdjson::SUCCESS)
      return {};
  } else {
    bytes = value.raw_json_token();
  }
  while (!bytes.empty() && std::string_view(" \t\r\n").find(bytes.back()) != std::string_view::npos)
    bytes.remove_suffix(1);
  return std::string(bytes);
}

}  // namespace

bool is_cloudevent(std::string_view json) {
  if (json.find("\"specversion\"") == std::string_view::npos) return false;
  dom::parser parser;
  dom::object object;
  return parser.parse(json.data(), json.size()).get_object().get(object) == simdjson::SUCCESS &&
         object.at_key("specversion").error() == simdjson::SUCCESS;
}

bool read_native(std::string_view json, Event& event, Origin& origin, std::string& why) {
  dom::parser parser;
  dom::object object;
  if (const auto failure = parser.parse(json.data(), json.size()).get_object().get(object)) {
    why = std::string("it is no JSON object: ") + simdjson::error_message(failure);
    return false;
  }
  const Fields in(object, why);
  in.text("type", event.type), in.text("scope", event.scope), in.text("subject", event.subject);
  in.text("summary", event.summary), in.time("time", event.time_us);
  in.text("source", origin.source), in.text("id", origin.id), in.text("key", origin.key);
  in.text("received", origin.received);
  dom::element found;
  if (in.find("seq", found)) origin.seq = simdjson::minify(found);
  if (event.type.empty()) in.wrong("type", "is missing");
  if (in.find("task", found)) {
    dom::object task;
    if (found.get_object().get(task) == simdjson::SUCCESS) {
      event.task = read_task(Fields(task, why));
    } else {
      in.wrong("task", "must be an object");
    }
  }
  dom::object data;
  const bool passed_on = origin.source == "nats" && in.find("data", found) &&
                         found.get_object().get(data) == simdjson::SUCCESS &&
                         data.at_key("origin").error() == simdjson::SUCCESS;
  if (passed_on) read_passed_on(Fields(data, why), origin);
  origin.data = passed_on ? bytes_of(json, {"data", "data"}) : bytes_of(json, {"data"});
  return why.empty();
}

}  // namespace bus::nats
