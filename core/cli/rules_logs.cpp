// bus rules logs: what the programs of rules wrote.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/session.h"
#include "core/process/run_log.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus rules logs triage", "What its last run wrote."},
    {"bus rules logs triage 1042 --timestamps", "Run 1042, each line with its time and stream."},
    {"bus rules logs triage -f", "The last run, and on as it writes."},
};
constexpr Positional kPositionals[] = {
    {.name = "NAME", .help = "The rule.", .required = true},
    {.name = "RUN", .help = "Which run, as `bus rules runs` names it; the newest if left out."}};
constexpr Option kOptions[] = {
    {.name = "follow", .help = "Go on until the run has ended.", .letter = 'f'},
    {.name = "attempt", .value = "N", .help = "Which attempt; the last if left out."},
    {.name = "tail", .value = "N", .help = "Only the last N lines."},
    {.name = "from", .value = "OFFSET", .help = "From this place of the log on, as --json tells it."},
    {.name = "timestamps", .help = "Each line with its time and stream."},
};
constexpr ExitMeaning kExits[] = {{kNotFound, "there is no such log"}};

struct Named {
  std::uint64_t run = 0, attempt = 0;
  std::string path;
};

std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return std::stoull(std::string(text));
}

// "<run>-<attempt>.log"
std::optional<Named> named(const std::filesystem::path& path) {
  const std::string stem = path.stem();
  const auto dash = stem.find('-');
  if (path.extension() != ".log" || dash == std::string::npos) return std::nullopt;
  const auto run = number(std::string_view(stem).substr(0, dash));
  const auto attempt = number(std::string_view(stem).substr(dash + 1));
  if (!run || !attempt) return std::nullopt;
  return Named{*run, *attempt, path};
}

// The log that is meant: of the run that wrote last if none is named.
Result<Named> find_log(const Session& session, const std::string& folder) {
  std::string wanted = session.args().positional(1);
  if (const auto slash = wanted.rfind('/'); slash != std::string::npos)
    wanted = wanted.substr(slash + 1);  // a task's id
  const auto attempt = session.args().integer("attempt", 1, INT64_MAX);
  if (!attempt) return attempt.error();
  std::optional<Named> best;
  std::filesystem::file_time_type best_time;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    auto one = named(at->path());
    if (!one || (!wanted.empty() && std::to_string(one->run) != wanted)) continue;
    if (*attempt && one->attempt != static_cast<std::uint64_t>(**attempt)) continue;
    std::error_code gone;
    const auto time = at->last_write_time(gone);
    const bool later = !best || (best->run == one->run ? one->attempt > best->attempt : time > best_time);
    if (!gone && later) best = std::move(one), best_time = time;
  }
  if (best) return *best;
  return error(Code::not_found, "no log of such a run in " + folder,
               "see: bus rules runs; old logs go when rules.max_logs is reached");
}

void write_line(Session& session, const process::LogLine& line) {
  Output& out = session.out();
  const std::string_view stream = line.tag == process::Tag::out ? "stdout" : "stderr";
  if (line.gone != 0) session.remark("bus: " + std::to_string(line.gone) + " bytes before this are gone");
  if (session.json()) {
    std::string text;
    json::Writer(text)
        .begin_object()
        .member("time", format_time(line.time))
        .member("stream", stream)
        .member("text", to_utf8(line.text))
        .member("whole", line.whole)
        .member("offset", line.offset)
        .end_object();
    return out.line(text);
  }
  if (session.args().has("timestamps")) out.write(format_time(line.time) + " " + std::string(stream) + " ");
  // To a file or another program byte for byte; what may be on a terminal is another matter.
  out.write(::isatty(1) != 0 ? printable_lines(line.text) : std::string(line.text));
  if (line.whole || session.args().has("timestamps")) out.write("\n");
}

Status write_all_lines(Session& session, process::LogReader& log) {
  for (;;) {
    const auto line = log.next();
    if (!line) {
      tell(line.error());
      continue;
    }
    if (!*line) break;
    write_line(session, **line);
  }
  session.out().flush();
  return Ok{};
}

Result<int> follow(Session& session, process::LogReader& log) {
  const auto more = log.follow();
  if (!more) return more.error();
  while (!session.out().failed()) {
    if (Status written = write_all_lines(session, log); !written) return std::move(written).error();
    // Asked after the reading, which takes in what the descriptor told.
    if (log.finished()) {
      if (Status written = write_all_lines(session, log); !written) return std::move(written).error();
      return kGood;
    }
    pollfd ready{*more, POLLIN, 0};
    if (::poll(&ready, 1, -1) < 0 && errno != EINTR) return system_error("poll", errno);
  }
  return kGood;
}

Result<int> run(Session& session) {
  const auto paths = session.paths();
  if (!paths) return paths.error();
  const auto found = find_log(session, paths->run_logs() + "/" + session.args().positional(0));
  if (!found) return found.error();
  const auto tail = session.args().integer("tail", 0, 1'000'000);
  if (!tail) return tail.error();
  const auto from = session.args().integer("from", 0, INT64_MAX);
  if (!from) return from.error();
  process::LogStart start;
  if (*tail) start.last = static_cast<std::size_t>(**tail);
  if (*from) start.offset = static_cast<std::uint64_t>(**from);
  auto log = process::LogReader::open(found->path, start);
  if (!log) return std::move(log).error();
  if (session.args().has("follow")) return follow(session, *log);
  if (Status written = write_all_lines(session, *log); !written) return std::move(written).error();
  return kGood;
}

}  // namespace

extern const Verb kRulesLogs;
const Verb kRulesLogs = {
    .name = "rules logs",
    .summary = "show what a rule's program wrote",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = kOptions,
    .notes =
        "Byte for byte as it was written, both streams in one; on a terminal without control "
        "characters. With --json each line is {\"time\", \"stream\", \"text\", \"whole\", "
        "\"offset\"}.",
    .exits = kExits,
    .reaches_host = false,
    .run = run};

}  // namespace bus::cli
