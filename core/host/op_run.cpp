// run: what `bus on` tells of its runs. The host stores them as tasks, and ends those whose teller goes away.
#include <memory>
#include <set>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/event/trace.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestNote = 1024;

bool is_session(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

Error bad(std::string_view member) {
  return error(Code::invalid, "'" + std::string(member) + "' is missing, or no good");
}

Result<rules::RunFacts> read_facts(const wire::Request& request) {
  rules::RunFacts facts;
  const json::Node body = request.body;
  facts.rule = body["program"].string_or("");
  facts.session = body["session"].string_or("");
  facts.parent = body["parent"].string_or("");
  facts.trace = body["trace"].string_or("");
  facts.cursor = body["cursor"].string_or("");
  if (facts.rule.empty() || facts.rule.size() > kLongestName) return bad("program");
  if (!is_session(facts.session)) return bad("session");
  if (!facts.trace.empty() && !event::is_traceparent(facts.trace)) return bad("trace");
  const auto run = request.integer_of("run", 0, 1, INT64_MAX);
  const auto trigger = request.integer_of("trigger", 0, 1, INT64_MAX);
  const auto events = request.integer_of("events", 1, 1, INT32_MAX);
  const auto attempt = request.integer_of("attempt", 1, 1, INT32_MAX);
  const auto depth = request.integer_of("depth", 1, 1, rules::Lineage::kDeepest);
  for (const auto* number : {&run, &trigger, &events, &attempt, &depth})
    if (!*number) return number->error();
  if (*run == 0) return bad("run");
  facts.run = static_cast<rules::RunId>(*run);
  facts.trigger = static_cast<std::uint64_t>(*trigger);
  facts.events = static_cast<std::size_t>(*events);
  facts.attempt = *attempt;
  facts.depth = static_cast<int>(*depth);
  return facts;
}

Result<rules::RunEnd> read_end(json::Node body) {
  rules::RunEnd end;
  const auto result = event::outcome_named(body["result"].string_or(""));
  if (!result) return bad("result");
  end.result = *result;
  end.detail = cut_utf8(body["detail"].string_or(""), kLongestNote);
  end.note = cut_utf8(body["note"].string_or(""), kLongestNote);
  end.signal = cut_utf8(body["signal"].string_or(""), kLongestName);
  if (const auto exit = body["exit"].integer()) end.exit = static_cast<int>(*exit);
  const auto time_of = [&](std::string_view name) -> std::optional<Time> {
    const auto time = parse_time(body[name].string_or(""));
    return time ? std::optional<Time>(*time) : std::nullopt;
  };
  end.started = time_of("started");
  end.ended = time_of("ended");
  end.gave_up = body["gave_up"].boolean().value_or(false);
  return end;
}

Result<rules::ForegroundReport> read_report(const wire::Request& request) {
  rules::ForegroundReport report;
  const auto state = event::state_named(request.body["state"].string_or(""));
  if (!state || *state == event::State::blocked || *state == event::State::unknown) return bad("state");
  report.state = *state;
  auto facts = read_facts(request);
  if (!facts) return std::move(facts).error();
  report.facts = std::move(*facts);
  if (report.state != event::State::finished) return report;
  auto end = read_end(request.body);
  if (!end) return std::move(end).error();
  report.end = std::move(*end);
  return report;
}

}  // namespace

void add_run(Parts& parts) {
  // Those that have told of runs; the server's thread.
  auto tellers = std::make_shared<std::set<std::uint64_t>>();
  parts.socket->add("run", [&parts, tellers](const wire::Request& request, const fanout::Reply& reply) {
    auto report = read_report(request);
    if (!report) return reply.refuse(report.error());
    tellers->insert(reply.client());
    parts.rules->foreground(reply.client(), std::move(*report), answering(reply));
  });
  parts.socket->on_left([&parts, tellers](std::uint64_t client) {
    if (tellers->erase(client) != 0) parts.rules->foreground_gone(client);
  });
}

}  // namespace bus::host
