#include "core/cli/on_tasks.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/event/trace.h"

namespace bus::cli {
namespace {

using Lasts = client::Notes::Lasts;

constexpr std::size_t kLongestProgram = 40;

// The file's name, with nothing in it that ids of tasks do not have.
std::string program_name(std::string_view path) {
  std::string name(cut_utf8(path.substr(path.rfind('/') + 1), kLongestProgram));
  constexpr std::string_view kGood = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  for (char& c : name) {
    if (kGood.find(c) == std::string_view::npos) c = '-';
  }
  return name.empty() ? "program" : name;
}

// Which `bus on` it is: the first half of a random trace id.
std::string random_word() {
  return std::string(event::trace_id(event::new_traceparent("")).substr(0, 16));
}

client::Call call_of(const rules::RunFacts& facts, std::string_view state) {
  client::Call call("run");
  json::Writer& out = call.params();
  out.member("state", state).member("session", facts.session).member("program", facts.rule);
  out.member("run", facts.run).member("attempt", facts.attempt).member("trigger", facts.trigger);
  out.member("events", facts.events).member("depth", facts.depth).member_if("parent", facts.parent);
  out.member_if("trace", facts.trace).member_if("cursor", facts.cursor);
  return call;
}

client::Call call_of(const rules::RunFacts& facts, const rules::RunEnd& end) {
  client::Call call = call_of(facts, "finished");
  json::Writer& out = call.params();
  out.member("result", event::name(end.result)).member_if("detail", end.detail);
  out.member_if("signal", end.signal).member_if("note", end.note);
  if (end.exit) out.member("exit", *end.exit);
  if (end.started) out.member("started", format_time(*end.started));
  if (end.ended) out.member("ended", format_time(*end.ended));
  if (end.gave_up) out.member("gave_up", true);
  return call;
}

}  // namespace

OnTasks::OnTasks(std::string_view program, std::string cursor, Say say)
    : program_(program_name(program)),
      cursor_(std::move(cursor)),
      session_(program_ + "-" + random_word()),
      prefix_(std::string(rules::kOnTask) + session_ + "/"),
      say_(std::move(say)) {}

bool OnTasks::is_own(const client::Item& item) const {
  if (item.node["source"].string_or("") != rules::kOnSource) return false;
  if (item.node["task"]["id"].string_or("").starts_with(prefix_)) return true;
  return !cursor_.empty() && item.node["data"]["cursor"].string_or("") == cursor_;
}

int OnTasks::depth(const client::Item& item) const {
  return std::max(lineage_.depth(item.node["trace"].string_or("")),
                  rules::depth_told(item.node["source"].string_or(""), item.node["data"]));
}

rules::RunFacts OnTasks::facts_of(const client::Item& item) {
  rules::RunFacts facts{.rule = program_, .run = item.seq, .trigger = item.seq};
  facts.parent = item.node["task"]["id"].string_or("");
  facts.trace = event::new_traceparent(item.node["trace"].string_or(""));
  facts.depth = depth(item) + 1;
  facts.session = session_;
  facts.cursor = cursor_;
  lineage_.note(facts.trace, facts.depth);
  return facts;
}

void OnTasks::pending(const rules::RunFacts& facts) {
  say_(facts.run, Lasts::until_replaced, [facts] { return call_of(facts, "pending"); });
}

void OnTasks::running(const rules::RunFacts& facts) {
  say_(facts.run, Lasts::until_replaced, [facts] { return call_of(facts, "running"); });
}

void OnTasks::finished(const rules::RunFacts& facts, const rules::RunEnd& end) {
  say_(facts.run, Lasts::until_answered, [facts, end] { return call_of(facts, end); });
}

}  // namespace bus::cli
