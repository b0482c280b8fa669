// bus dead list|show|retry|drop: events that a sink would not take.
#include <charconv>

#include "core/base/text.h"
#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr std::int64_t kPage = 1000;  // what the host takes at most in one request

constexpr Example kListExamples[] = {{"bus dead list", "Every dead letter, the oldest first."},
                                     {"bus dead list --sink archive --json", "Those of one sink."}};
constexpr Example kShowExamples[] = {{"bus dead show 7", "Why, and the whole event."}};
constexpr Example kRetryExamples[] = {{"bus dead retry 7 9", "Offer these to their sink again."},
                                      {"bus dead retry --all --sink archive", "All of one sink."}};
constexpr Example kDropExamples[] = {{"bus dead drop 7", "Forget it."},
                                     {"bus dead drop --all --sink archive", "Forget all of one sink."}};
constexpr Positional kId[] = {{.name = "ID", .help = "The dead letter's number.", .required = true}};
constexpr Positional kIds[] = {{.name = "ID", .help = "Dead letters, by their numbers.", .repeatable = true}};
constexpr Option kSink = {.name = "sink", .value = "NAME", .help = "Only those of this sink."};
constexpr Option kListOptions[] = {kSink};
constexpr Option kManyOptions[] = {{.name = "all", .help = "All that there are now."}, kSink};
constexpr ExitMeaning kShowExits[] = {{kNotFound, "there is no such dead letter"}};
constexpr ExitMeaning kRetryExits[] = {{kNotOk, "the sink did not take one of them; it is told why"}};
constexpr ExitMeaning kDropExits[] = {{kNotOk, "one of them is not there"}};

std::string field(json::Node node, std::string_view name) {
  return printable(node[name].string_or(""));
}
std::string count(json::Node node, std::string_view name) {
  return std::to_string(node[name].integer().value_or(0));
}

std::string line_of(json::Node letter) {
  const json::Node event = letter["event"];
  return count(letter, "id") + "  " + field(letter, "sink") + "  seq " + count(letter, "seq") + "  " +
         field(event, "source") + "/" + field(event, "type") + "  " + count(letter, "attempts") +
         " attempts, last " + field(letter, "last") + "  " + field(letter, "code") + ": " +
         field(letter, "reason");
}

// Visits the letters of the --sink, or all, page by page.
template <class Visit>
Status each_letter(Session& session, client::Connection& host, Visit visit) {
  for (std::int64_t after = 0;;) {
    client::Call call("dead");
    call.params().member("do", "list").member_if("sink", session.args().get_or("sink", ""));
    call.params().member("after", after).member("limit", kPage);
    const auto page = host.ask(std::move(call));
    if (!page) return page.error();
    json::RawElements texts(json::raw_member(host.raw_result(), "letters"));
    for (const json::Node letter : (*page)["letters"].elements()) visit(letter, texts.next());
    after = (*page)["next"].integer().value_or(0);
    if (after == 0) return Ok{};
  }
}

Result<int> run_list(Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  bool any = false;
  const Status done = each_letter(session, *host, [&](json::Node letter, std::string_view text) {
    any = true;
    session.out().line(session.json() ? std::string(text) : line_of(letter));
  });
  if (!done) return done.error();
  if (!any) session.remark("bus: no dead letters");
  return kGood;
}

Result<std::int64_t> read_id(const Session& session, const std::string& text) {
  std::int64_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failure != std::errc() || end != text.data() + text.size() || id <= 0)
    return session.usage("'" + printable(text) + "' is no number of a dead letter", "see: bus dead list");
  return id;
}

void write_page(Session& session, json::Node letter) {
  for (const std::string_view name : {"sink", "code", "reason", "first", "last"})
    session.out().line(std::string(name) + ": " + field(letter, name));
  session.out().line("attempts: " + count(letter, "attempts"));
  session.out().line("event:");
  session.out().line(indented(letter["event"]));
}

Result<int> run_show(Session& session) {
  const auto id = read_id(session, session.args().positional(0));
  if (!id) return id.error();
  auto host = session.connect();
  if (!host) return std::move(host).error();
  client::Call call("dead");
  call.params().member("do", "show").member("letter", *id);
  const auto found = host->ask(std::move(call));
  if (!found) return found.error();
  if (session.json()) {
    session.out().line(json::raw_member(host->raw_result(), "letter"));
  } else {
    write_page(session, (*found)["letter"]);
  }
  return kGood;
}

// Those that the user named, or all there are.
Result<std::vector<std::int64_t>> chosen(Session& session, client::Connection& host) {
  const std::vector<std::string>& words = session.args().positionals();
  std::vector<std::int64_t> ids;
  if (session.args().has("all") != words.empty())
    return session.usage("name dead letters, or --all", "see: bus dead list");
  if (!words.empty() && session.args().has("sink"))
    return session.usage("--sink goes with --all", "a number alone says which letter it is");
  for (const std::string& word : words) {
    const auto id = read_id(session, word);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  if (!words.empty()) return ids;
  Status done = each_letter(session, host, [&](json::Node letter, std::string_view) {
    ids.push_back(letter["id"].integer().value_or(0));
  });
  if (!done) return std::move(done).error();
  return ids;
}

std::string outcome_line(json::Node outcome, std::string_view done) {
  std::string line = count(outcome, "id") + "  ";
  if (outcome["ok"].boolean().value_or(false)) return line.append(done);
  return line + field(outcome["error"], "code") + ": " + field(outcome["error"], "message");
}

// Has the host do that with each of them, some at a time, and tells what became of each.
Result<int> do_with_each(Session& session, std::string_view what, std::string_view done) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto ids = chosen(session, *host);
  if (!ids) return ids.error();
  bool good = true;
  constexpr std::size_t kTogether = 50;
  for (std::size_t at = 0; at < ids->size(); at += kTogether) {
    client::Call call("dead");
    call.params().member("do", what).key("ids").begin_array();
    for (std::size_t i = at; i < std::min(ids->size(), at + kTogether); ++i) call.params().value((*ids)[i]);
    call.params().end_array();
    const auto result = host->ask(std::move(call));
    if (!result) return result.error();
    json::RawElements texts(json::raw_member(host->raw_result(), "results"));
    for (const json::Node outcome : (*result)["results"].elements()) {
      const std::string_view text = texts.next();
      good = good && outcome["ok"].boolean().value_or(false);
      session.out().line(session.json() ? std::string(text) : outcome_line(outcome, done));
    }
    session.out().flush();
  }
  return good ? kGood : kNotOk;
}

Result<int> run_retry(Session& session) {
  return do_with_each(session, "retry", "delivered");
}
Result<int> run_drop(Session& session) {
  return do_with_each(session, "drop", "dropped");
}

}  // namespace

extern const Verb kDeadList, kDeadShow, kDeadRetry, kDeadDrop;
const Verb kDeadList = {
    .name = "dead list",
    .summary = "show the events that sinks would not take",
    .examples = kListExamples,
    .options = kListOptions,
    .notes = "With --json each line is a dead letter, its event without data: id, sink, seq, code, reason, …",
    .run = run_list};
const Verb kDeadShow = {.name = "dead show",
                        .summary = "show a dead letter and its event in full",
                        .examples = kShowExamples,
                        .positionals = kId,
                        .exits = kShowExits,
                        .run = run_show};
const Verb kDeadRetry = {.name = "dead retry",
                         .summary = "offer dead letters to their sink again",
                         .examples = kRetryExamples,
                         .positionals = kIds,
                         .options = kManyOptions,
                         .notes =
                             "What the sink takes is no dead letter any more; what it refuses stays one, "
                             "with one attempt more. With "
                             "--json each line is {\"id\", \"ok\", \"error\"}.",
                         .exits = kRetryExits,
                         .run = run_retry};
const Verb kDeadDrop = {.name = "dead drop",
                        .summary = "forget dead letters",
                        .examples = kDropExamples,
                        .positionals = kIds,
                        .options = kManyOptions,
                        .notes = "With --json each line is {\"id\", \"ok\", \"error\"}.",
                        .exits = kDropExits,
                        .run = run_drop};

}  // namespace bus::cli
