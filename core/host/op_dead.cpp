// dead: the dead letters of sinks.
#include <algorithm>
#include <map>
#include <memory>

#include "core/base/mutex.h"
#include "core/base/time_text.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

using Answer = Result<std::string>;
using store::DeadLetter;
using store::DeadQuery;

constexpr std::int64_t kMost = 1000;  // letters in one request

void write_letter(json::Writer& out, const DeadLetter& letter) {
  out.begin_object().member("id", letter.id).member("sink", letter.sink).member("seq", letter.seq);
  out.member("code", name(letter.code)).member("reason", letter.reason);
  out.member("attempts", std::uint64_t{letter.attempts}).member("first", format_time(letter.first));
  out.member("last", format_time(letter.last)).key("event").raw(letter.json.text).end_object();
}

Answer list(const store::Store& store, const DeadQuery& query) {
  const auto letters = store.dead_letters(query);
  if (!letters) return letters.error();
  std::string result;
  json::Writer out(result);
  out.begin_object().key("letters").begin_array();
  for (const DeadLetter& letter : *letters) write_letter(out, letter);
  out.end_array();
  if (letters->size() == query.limit) out.member("next", letters->back().id);
  out.end_object();
  return result;
}

Answer show(const store::Store& store, const DeadQuery& query) {
  const auto letters = store.dead_letters(query);
  if (!letters) return letters.error();
  if (letters->empty()) {
    return error(Code::not_found, "there is no dead letter " + std::to_string(query.id),
                 "bus dead list shows those there are");
  }
  std::string result;
  json::Writer out(result);
  out.begin_object().key("letter");
  write_letter(out, letters->front());
  out.end_object();
  return result;
}

void write_outcomes(json::Writer& out, const std::vector<plugin::Redelivered>& outcomes) {
  out.begin_object().key("results").begin_array();
  for (const plugin::Redelivered& one : outcomes) {
    out.begin_object().member("id", one.id).member("ok", one.outcome.ok());
    if (!one.outcome) {
      out.key("error");
      wire::write_error(out, one.outcome.error());
    }
    out.end_object();
  }
  out.end_array().end_object();
}

Result<std::vector<std::uint64_t>> read_ids(const wire::Request& request) {
  std::vector<std::uint64_t> ids;
  for (const json::Node node : request.body["ids"].elements()) {
    const auto id = node.integer();
    if (!id || *id <= 0) return error(Code::invalid, "'ids' must be numbers of dead letters");
    ids.push_back(static_cast<std::uint64_t>(*id));
  }
  if (ids.empty() || ids.size() > static_cast<std::size_t>(kMost))
    return error(Code::invalid, "'ids' must name 1 to " + std::to_string(kMost) + " dead letters");
  return ids;
}

// Answers when every sink has: each works through its own.
class Retry {
 public:
  Retry(fanout::Reply reply, std::size_t answers) : reply_(std::move(reply)), open_(answers) {}

  void add(std::vector<plugin::Redelivered> outcomes) {
    MutexLock lock(mutex_);
    for (plugin::Redelivered& one : outcomes) outcomes_.push_back(std::move(one));
    if (--open_ != 0) return;
    std::sort(outcomes_.begin(), outcomes_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    std::string result;
    json::Writer out(result);
    write_outcomes(out, outcomes_);
    reply_.result(result);
  }

 private:
  const fanout::Reply reply_;
  Mutex mutex_;
  std::size_t open_ BUS_GUARDED_BY(mutex_);
  std::vector<plugin::Redelivered> outcomes_ BUS_GUARDED_BY(mutex_);
};

// What was asked for, checked.
struct Wanted {
  std::string what;
  DeadQuery query;
  std::vector<std::uint64_t> ids;
};

Result<Wanted> read_wanted(const wire::Request& request) {
  const auto what = request.text_of("do");
  if (!what) return what.error();
  Wanted out{std::string(*what), {}, {}};
  if (*what == "retry" || *what == "drop") {
    auto ids = read_ids(request);
    if (!ids) return std::move(ids).error();
    out.ids = std::move(*ids);
    return out;
  }
  const bool one = *what == "show";
  if (!one && *what != "list") return error(Code::invalid, "'do' must be list, show, retry or drop");
  const auto sink = request.text_of("sink");
  const auto after = request.integer_of("after", 0, 0, INT64_MAX);
  const auto limit = request.integer_of("limit", 50, 1, kMost);
  const auto letter = request.integer_of("letter", 0, one ? 1 : 0, INT64_MAX);
  if (!sink) return sink.error();
  if (!after) return after.error();
  if (!limit) return limit.error();
  if (!letter) return letter.error();
  if (one && *letter == 0) return error(Code::invalid, "'letter' is missing");
  out.query = {.id = one ? static_cast<std::uint64_t>(*letter) : 0,
               .sink = std::string(*sink),
               .after = static_cast<std::uint64_t>(*after),
               .limit = static_cast<std::size_t>(*limit),
               .data = one};
  return out;
}

void retry(Parts& parts, const std::vector<std::uint64_t>& ids, const fanout::Reply& reply) {
  std::map<std::string, std::vector<std::uint64_t>> by_sink;
  std::vector<plugin::Redelivered> missing;
  for (const std::uint64_t id : ids) {
    const auto letters = parts.store->dead_letters({.id = id, .limit = 1, .data = false});
    if (!letters) return reply.refuse(letters.error());
    if (letters->empty()) {
      missing.push_back({id, error(Code::not_found, "there is no dead letter " + std::to_string(id))});
    } else {
      by_sink[letters->front().sink].push_back(id);
    }
  }
  const auto work = std::make_shared<Retry>(reply, by_sink.size() + 1);
  for (auto& [sink, letters] : by_sink) {
    parts.plugins->redeliver(sink, std::move(letters), [work](std::vector<plugin::Redelivered> outcomes) {
      work->add(std::move(outcomes));
    });
  }
  work->add(std::move(missing));
}

Answer drop(store::Store& store, const std::vector<std::uint64_t>& ids) {
  std::vector<plugin::Redelivered> outcomes;
  outcomes.reserve(ids.size());
  for (const std::uint64_t id : ids) outcomes.push_back({id, store.drop_dead_letter(id)});
  std::string result;
  json::Writer out(result);
  write_outcomes(out, outcomes);
  return result;
}

// On the care thread: events can be large, and many.
void answer(Parts& parts, const Wanted& wanted, const fanout::Reply& reply) {
  if (wanted.what == "retry") return retry(parts, wanted.ids, reply);
  const Answer result = wanted.what == "drop"   ? drop(*parts.store, wanted.ids)
                        : wanted.what == "show" ? show(*parts.store, wanted.query)
                                                : list(*parts.store, wanted.query);
  answering(reply)(result);
}

}  // namespace

void add_dead(Parts& parts) {
  parts.socket->add("dead", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    auto wanted = read_wanted(request);
    if (!wanted) return reply.refuse(wanted.error());
    const bool taken =
        parts.care->submit([&parts, reply, wanted = std::move(*wanted)] { answer(parts, wanted, reply); });
    if (!taken)
      reply.refuse(error(Code::unavailable, "the host is busy with other such work", "try again soon"));
  });
}

}  // namespace bus::host
