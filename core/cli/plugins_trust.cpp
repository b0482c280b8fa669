// bus plugins trust|untrust: which libraries that did not come with bus may run.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/host_side.h"
#include "core/cli/input.h"
#include "core/cli/own_program.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kTrustExamples[] = {
    {"bus plugins trust ./hello.so", "Shows what it is, asks, and pins these very bytes."},
    {"bus plugins trust ./hello.so --key hello.pub", "Trusts what this minisign key signs at that path."},
    {"bus plugins trust /opt/bus/hello.so --yes --json", "Without asking, for programs."},
};
constexpr Example kUntrustExamples[] = {{"bus plugins untrust hello", "It is not loaded any more."}};
constexpr Positional kPath[] = {
    {.name = "PATH", .help = "The plugin's library, <name>.so.", .required = true}};
constexpr Positional kWhat[] = {
    {.name = "PLUGIN", .help = "Its name, its path or its SHA-256.", .required = true}};
constexpr Option kTrustOptions[] = {
    {.name = "key",
     .value = "KEY",
     .help = "A minisign public key, or its file: PATH.minisig must hold, now and at every start."},
    {.name = "yes", .help = "Do not ask."},
};
constexpr ExitMeaning kTrustExits[] = {
    {kDenied, "the answer was no, others could write the file, or its signature does not hold"}};
constexpr ExitMeaning kUntrustExits[] = {{kNotFound, "it is not trusted"}};
constexpr std::size_t kMaxKeyFile = 16u << 10;

std::string field(json::Node node, std::string_view name) {
  return printable(node[name].string_or(""));
}

// A key itself, or what stands in the file of that name.
Result<std::string> key_text(const Session& session) {
  const auto key = session.args().get("key");
  if (!key) return std::string();
  std::error_code failure;
  if (!std::filesystem::exists(*key, failure)) return *key;
  return read_file(*key, kMaxKeyFile);
}

void write_option(Output& out, json::Node option) {
  std::string line = "    " + field(option, "name") + "  ";
  std::string choices;
  for (const json::Node word : option["choices"].elements())
    choices.append(choices.empty() ? "" : "|").append(printable(word.string_or("")));
  line += choices.empty() ? field(option, "type") : choices;
  if (option["required"].boolean().value_or(false)) line += ", required";
  if (option["secret"].boolean().value_or(false)) line += ", the name of a secret";
  if (option["default"].exists()) line += ", else " + field(option, "default");
  out.line(line + "  " + field(option, "help"));
}

void write_page(Output& out, const plugin::TrustLook& look, json::Node said) {
  out.line("library    " + printable(look.pin.path));
  out.line("sha256     " + look.sha256);
  std::string signature = look.signer.empty() ? "none" : "by key " + look.signer;
  if (!look.signer.empty())
    signature += look.pin.key.empty() ? ", not checked: no --key" : ", holds: " + look.comment;
  out.line("signature  " + signature);
  out.line("It says of itself:");
  out.line("  " + field(said, "role") + " " + field(said, "name") + " " + field(said, "version") +
           ", plugin ABI " + field(said, "abi"));
  out.line("  " + field(said, "summary"));
  std::string types;
  for (const json::Node type : said["event_types"].elements()) {
    const std::string_view word = type.string_or("");
    types.append(types.empty() ? "" : ", ").append(word == "*" ? "any" : printable(word));
  }
  if (!types.empty()) out.line("  events: " + types);
  if (said["options"].size() != 0) out.line("  options:");
  for (const json::Node option : said["options"].elements()) write_option(out, option);
}

std::string json_of(const plugin::TrustLook& look) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("name", look.pin.name).member("path", look.pin.path);
  out.member("sha256", look.sha256).member_if("key", look.pin.key).member_if("signer", look.signer);
  out.member_if("comment", look.comment).key("description").raw(look.description).end_object();
  return text;
}

Status ask(Session& session) {
  if (session.args().has("yes")) return Ok{};
  if (::isatty(0) != 1)
    return session.usage("nobody can be asked: stdin is no terminal", "look at it, then add --yes");
  session.out().flush();
  say_error("It will run as you, with all that you may do. Trust it? [y/N]");
  LineReader reader(0, 64);
  std::string_view line;
  const auto read = reader.next(line);
  if (read && *read && (lower_ascii(trim(line)) == "y" || lower_ascii(trim(line)) == "yes")) return Ok{};
  return error(Code::denied, "nothing was changed");
}

Result<int> run_trust(Session& session) {
  const auto side = host_side();
  const auto program = own_program();
  const auto paths = session.paths();
  const auto key = key_text(session);
  if (!side) return side.error();
  if (!program) return program.error();
  if (!paths) return paths.error();
  if (!key) return key.error();
  std::error_code failure;
  const std::string path = std::filesystem::absolute(session.args().positional(0), failure).string();
  auto look = (*side)->look_at(path, *key, *program);
  if (!look) return std::move(look).error();
  json::Document document;
  const auto said = document.parse(look->description);
  if (!said) return said.error();
  if (session.json()) {
    session.out().line(json_of(*look));
  } else {
    write_page(session.out(), *look, *said);
  }
  if (Status asked = ask(session); !asked) return std::move(asked).error();
  if (Status made = config::make_folders(*paths); !made) return std::move(made).error();
  if (Status kept = (*side)->trust(paths->trust_file(), look->pin); !kept) return std::move(kept).error();
  session.remark("bus: '" + look->pin.name + "' is trusted; it is loaded when the host starts next, if [" +
                 field(*said, "role") + "s." + look->pin.name + "] is configured and " +
                 std::filesystem::path(look->pin.path).parent_path().string() + " is in plugins.directories");
  return kGood;
}

Result<int> run_untrust(Session& session) {
  const auto side = host_side();
  const auto paths = session.paths();
  if (!side) return side.error();
  if (!paths) return paths.error();
  std::string what = session.args().positional(0);
  std::error_code failure;
  if (what.find('/') != std::string::npos)
    what = std::filesystem::weakly_canonical(std::filesystem::absolute(what), failure).string();
  const auto removed = (*side)->untrust(paths->trust_file(), what);
  if (!removed) return removed.error();
  for (const plugin::Pin& pin : *removed) {
    std::string line = printable(pin.name) + "  " + printable(pin.path);
    if (session.json()) {
      line.clear();
      json::Writer out(line);
      out.begin_object().member("name", pin.name).member("path", pin.path);
      out.member_if("sha256", pin.sha256).member_if("key", pin.key);
      out.member("since", format_time(pin.since)).end_object();
    }
    session.out().line(line);
  }
  session.remark("bus: a host that runs keeps what it has loaded until it ends");
  return kGood;
}

}  // namespace

extern const Verb kPluginsTrust, kPluginsUntrust;
const Verb kPluginsTrust = {
    .name = "plugins trust",
    .summary = "let a plugin run that did not come with bus",
    .examples = kTrustExamples,
    .positionals = kPath,
    .options = kTrustOptions,
    .notes =
        "What the library says of itself is read in a process that can do nothing, and it may lie. A changed "
        "file "
        "has to be trusted again, but for one with --key. With --json one object: name, path, sha256, key, "
        "signer, comment, description.",
    .exits = kTrustExits,
    .reaches_host = false,
    .run = run_trust};
const Verb kPluginsUntrust = {
    .name = "plugins untrust",
    .summary = "take that back",
    .examples = kUntrustExamples,
    .positionals = kWhat,
    .notes = "With --json each line is what was trusted: name, path, sha256, key, since.",
    .exits = kUntrustExits,
    .reaches_host = false,
    .run = run_untrust};
}  // namespace bus::cli
