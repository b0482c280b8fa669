// bus doctor: tests the path of an event from end to end, and says what to do.
#include <vector>

#include "core/base/text.h"
#include "core/cli/doctor_checks.h"
#include "core/cli/exit_codes.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus doctor",
     "Checks everything from the folders to an event that goes through the host; starts one if none runs."},
    {"bus doctor --json", "The same for programs: one check a line."},
};
constexpr ExitMeaning kExits[] = {{kGood, "nothing fails; there may be warnings"},
                                  {kNotOk, "a check failed"}};

std::string painted(Verdict verdict, bool colour) {
  const std::string word(name(verdict));
  if (!colour) return word + std::string(5 - word.size(), ' ');
  const char* code = verdict == Verdict::ok ? "32" : verdict == Verdict::warn ? "33" : "31";
  return std::string("\x1b[") + code + "m" + word + "\x1b[0m" + std::string(5 - word.size(), ' ');
}

void write_check(Session& session, const Check& check, bool colour) {
  if (session.json()) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("check", check.name).member("verdict", name(check.verdict));
    out.member("message", check.message).member_if("hint", check.hint).end_object();
    return session.out().line_now(text);
  }
  session.out().line(painted(check.verdict, colour) + " " + check.name + ": " + printable(check.message));
  for (const std::string_view line : split(check.hint, '\n')) {
    if (!line.empty()) session.out().line("        " + printable(line));
  }
  session.out().flush();
}

Result<int> run(Session& session) {
  const bool colour = Output::colour(1);
  std::size_t failed = 0, warned = 0;
  run_checks(session, [&](const Check& check) {
    write_check(session, check, colour);
    if (check.verdict == Verdict::fail) ++failed;
    if (check.verdict == Verdict::warn) ++warned;
  });
  if (failed != 0) {
    session.remark("bus: " + std::to_string(failed) + " failed");
  } else {
    session.remark(warned == 0 ? "bus: all is well"
                               : "bus: it works; " + std::to_string(warned) + " to look at");
  }
  return failed == 0 ? kGood : kNotOk;
}

}  // namespace

extern const Verb kDoctor;
const Verb kDoctor = {
    .name = "doctor",
    .summary = "check the path of an event from end to end",
    .examples = kExamples,
    .notes =
        "Stores one event of source cli and type doctor_check. With --json each line is {\"check\", "
        "\"verdict\" (ok, warn, fail), \"message\", \"hint\"}.",
    .exits = kExits,
    .run = run};

}  // namespace bus::cli
