// bus config show, check, schema, sample.
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/cli/config_sources.h"
#include "core/cli/exit_codes.h"
#include "core/cli/host_side.h"
#include "core/cli/input.h"
#include "core/cli/session.h"
#include "core/config/catalog.h"

namespace bus::cli {
namespace {

constexpr Example kShowExamples[] = {
    {"bus config show", "Every setting, its value, and where that comes from."},
    {"bus config show --json | jq 'select(.origin != \"default\")'", "What you changed."},
};
constexpr Example kCheckExamples[] = {
    {"bus config check", "Checks the files that a host would read."},
    {"bus config check new.toml", "Checks that file; - is stdin."},
};
constexpr Example kSchemaExamples[] = {{"bus config schema > bus.schema.json", "JSON Schema, for editors."}};
constexpr Example kSampleExamples[] = {
    {"bus config sample > ~/.config/bus/config.toml", "Every setting, commented out at its default."}};
constexpr Option kShowOptions[] = {kSetOption};
constexpr Positional kFile[] = {{.name = "FILE", .help = "A file instead of the user's own; - is stdin."}};
constexpr ExitMeaning kCheckExits[] = {{kGood, "nothing is wrong"},
                                       {kConfig, "something is; every problem is told"}};

Result<config::Loaded> load_own(const Session& session) {
  const auto side = host_side();
  if (!side) return side.error();
  const auto paths = session.paths();
  if (!paths) return paths.error();
  const auto sources = config_sources(*paths, session.args());
  if (!sources) return sources.error();
  return (*side)->load(*sources);
}

Result<config::Loaded> load_named(const std::string& name) {
  const auto side = host_side();
  if (!side) return side.error();
  const auto text = name == "-" ? read_all(0, config::kMaxFile) : read_file(name, config::kMaxFile);
  if (!text) return text.error();
  return (*side)->load_text(*text, name == "-" ? "stdin" : name);
}

Result<int> run_show(Session& session) {
  const auto loaded = load_own(session);
  if (!loaded) return loaded.error();
  if (!loaded->ok()) return config::to_error(loaded->problems);
  if (session.json()) {
    session.out().write(config::show_json(loaded->settings));
    return kGood;
  }
  json::Document document;
  for (const std::string_view line : split(config::show_json(loaded->settings), '\n')) {
    const auto setting = line.empty() ? Result<json::Node>(json::Node()) : document.parse(line);
    if (!setting || !setting->exists()) continue;
    std::string text =
        printable((*setting)["key"].string_or("")) + " = " + printable(json::raw_member(line, "value"));
    text.resize(std::max<std::size_t>(text.size(), 48), ' ');
    text += "  " + printable((*setting)["origin"].string_or(""));
    if (const auto place = (*setting)["place"].string()) text += " " + printable(*place);
    session.out().line(text);
  }
  return kGood;
}

void write_problem(Session& session, const config::Problem& problem) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("file", problem.place.file).member("line", problem.place.line);
  out.member("column", problem.place.column)
      .member("message", problem.message)
      .member_if("hint", problem.hint);
  session.out().line((out.end_object(), text));
}

Result<int> run_check(Session& session) {
  const std::string name = session.args().positional(0);
  const auto loaded = name.empty() ? load_own(session) : load_named(name);
  if (!loaded) return loaded.error();
  for (const config::Problem& problem : loaded->problems) {
    if (session.json()) {
      write_problem(session, problem);
    } else {
      tell(error(Code::config, problem.text()));
    }
  }
  if (loaded->ok()) session.remark("bus: the configuration is good");
  return loaded->ok() ? kGood : kConfig;
}

Result<int> run_schema(Session& session) {
  session.out().write(config::schema());
  return kGood;
}

Result<int> run_sample(Session& session) {
  session.out().write(config::sample());
  return kGood;
}

}  // namespace

extern const Verb kConfigShow, kConfigCheck, kConfigSchema, kConfigSample;
const Verb kConfigShow = {
    .name = "config show",
    .summary = "show every setting and where it comes from",
    .examples = kShowExamples,
    .options = kShowOptions,
    .notes = "With --json each line is a setting: key, value, origin, default, type, help.",
    .reaches_host = false,
    .run = run_show};
const Verb kConfigCheck = {.name = "config check",
                           .summary = "check the configuration",
                           .examples = kCheckExamples,
                           .positionals = kFile,
                           .notes = "With --json each line is a problem: file, line, column, message, hint.",
                           .exits = kCheckExits,
                           .reaches_host = false,
                           .run = run_check};
const Verb kConfigSchema = {.name = "config schema",
                            .summary = "print the JSON Schema of the configuration",
                            .examples = kSchemaExamples,
                            .reaches_host = false,
                            .run = run_schema};
const Verb kConfigSample = {.name = "config sample",
                            .summary = "print a configuration file with every setting",
                            .examples = kSampleExamples,
                            .reaches_host = false,
                            .run = run_sample};

}  // namespace bus::cli
