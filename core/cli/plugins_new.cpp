// bus plugins new: a folder with a plugin that builds, tests and runs at once, made from an installed
// template.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/own_program.h"
#include "core/cli/session.h"
#include "core/json/writer.h"
#include "core/plugin/reserved_names.h"

namespace bus::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTemplateFile = 1u << 20;
constexpr std::size_t kMaxName = 64;
constexpr std::string_view kTemplates[] = {"source-c++", "source-c", "source-exec", "sink-c++", "sink-c"};

constexpr Example kExamples[] = {
    {"bus plugins new weather", "A source in C++, in the folder weather."},
    {"bus plugins new pager --kind sink --lang c", "A sink in plain C."},
    {"bus plugins new disk --lang exec", "A source that is a program in any language."},
};
constexpr Positional kPositionals[] = {
    {.name = "NAME",
     .help = "The plugin's name, [a-z][a-z0-9_]*; also that of the folder.",
     .required = true}};
constexpr Option kOptions[] = {
    {.name = "kind", .value = "KIND", .help = "source (the default) or sink."},
    {.name = "lang", .value = "LANG", .help = "c++ (the default), c, or exec: a program in any language."},
    {.name = "into", .value = "DIR", .help = "Where the folder is made; here unless it is said."},
};
constexpr ExitMeaning kExits[] = {
    {kNotFound, "the templates are not installed, or the folder of --into is not there"},
    {kTryAgain, "there is such a folder already"},
};

bool is_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= kMaxName && lower(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

// "weather_station" → "WeatherStation".
std::string class_name(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// The name is nobody else's: no plugin that comes with bus, no word of the host's own.
Status check_name(const Session& session, const std::string& name, const fs::path& plugins) {
  if (!is_name(name)) {
    return session.usage("'" + printable(name) + "' is no name for a plugin",
                         "[a-z][a-z0-9_]*, at most 64 long");
  }
  std::error_code missing;
  if (plugin::is_reserved_name(name) || fs::exists(plugins / (name + ".so"), missing)) {
    return error(Code::invalid, "the name '" + name + "' is taken by bus itself", "choose another name");
  }
  return Ok{};
}

Result<fs::path> find_template(const Session& session, const fs::path& installed) {
  const std::string kind = session.args().get_or("kind", "source"),
                    language = session.args().get_or("lang", "c++");
  if (kind != "source" && kind != "sink") {
    return session.usage("--kind must be source or sink, not '" + printable(kind) + "'");
  }
  const std::string name = kind + "-" + language;
  if (std::find(std::begin(kTemplates), std::end(kTemplates), name) == std::end(kTemplates)) {
    return session.usage("there is no " + kind + " in '" + printable(language) + "'",
                         kind == "source"
                             ? "--lang c++, c or exec"
                             : "--lang c++ or c; a program in any language is run by a rule: bus rules add");
  }
  fs::path folder = installed / "template" / name;
  std::error_code missing;
  if (fs::is_directory(folder, missing)) return folder;
  return error(Code::not_found, "the templates are not installed: there is no " + folder.string(),
               "install the SDK: ./dev install, or the package bus-sdk");
}

// Copies one file, with the plugin's names in the place of the template's. Modes are the user's own, with the
// template's right to be executed.
Status make_file(const fs::path& from, const fs::path& to, std::string_view kind, const std::string& name) {
  auto text = read_file(from.string(), kMaxTemplateFile);
  if (!text) return std::move(text).error();
  replace_all(*text, kind == "sink" ? "my_sink" : "my_source", name);
  replace_all(*text, kind == "sink" ? "MySink" : "MySource", class_name(name));
  const bool program = ::access(from.c_str(), X_OK) == 0;
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, program ? 0777 : 0666));
  if (!out) return system_error("making " + to.string(), errno);
  return write_all(out.get(), *text);
}

Status fill_folder(const fs::path& from, const fs::path& to, std::string_view kind, const std::string& name) {
  std::error_code failure;
  for (fs::recursive_directory_iterator at(from, failure), end; !failure && at != end;
       at.increment(failure)) {
    std::string place = at->path().lexically_relative(from).string();
    replace_all(place, kind == "sink" ? "my_sink" : "my_source", name);
    if (at->is_directory()) {
      fs::create_directory(to / place, failure);
    } else if (Status made = make_file(at->path(), to / place, kind, name); !made) {
      return made;
    }
  }
  if (failure) return system_error("filling " + to.string(), failure.value());
  return Ok{};
}

// The whole folder, or none.
Status make_folder(const fs::path& from, const fs::path& to, std::string_view kind, const std::string& name) {
  std::error_code failure;
  if (!fs::create_directory(to, failure)) {
    if (!failure)
      return error(Code::conflict, to.string() + " is there already", "choose another name, or --into DIR");
    return system_error("making " + to.string(), failure.value());
  }
  Status filled = fill_folder(from, to, kind, name);
  if (!filled) fs::remove_all(to, failure);
  return filled;
}

Result<int> run(Session& session) {
  const auto program = own_program();
  if (!program) return program.error();
  const fs::path prefix = fs::path(*program).parent_path().parent_path();
  const std::string name = session.args().positional(0), kind = session.args().get_or("kind", "source");
  if (Status good = check_name(session, name, prefix / "lib/bus/plugins"); !good) return good.error();
  const auto from = find_template(session, prefix / "share/bus");
  if (!from) return from.error();
  const fs::path into = session.args().get_or("into", ".");
  std::error_code missing;
  if (!fs::is_directory(into, missing)) {
    return error(Code::not_found, "there is no folder " + printable(into.string()));
  }
  const fs::path folder = (into / name).lexically_normal();
  if (Status made = make_folder(*from, folder, kind, name); !made) return made.error();
  if (session.json()) {
    std::string text;
    const std::string path = fs::absolute(folder).string();
    json::Writer(text).begin_object().member("name", name).member("path", path).end_object();
    session.out().line(text);
  } else {
    session.out().line(folder.string());
    session.remark("bus: " + folder.string() + "/README.md says how it is built, tested and run");
  }
  return kGood;
}

}  // namespace

extern const Verb kPluginsNew;
const Verb kPluginsNew = {.name = "plugins new",
                          .summary = "make a folder with a plugin to begin with",
                          .examples = kExamples,
                          .positionals = kPositionals,
                          .options = kOptions,
                          .notes =
                              "Prints the folder. What is in it builds against the installed SDK "
                              "(find_package(bus-sdk)) and passes its own tests and bus-plugin-check.",
                          .exits = kExits,
                          .reaches_host = false,
                          .run = run};

}  // namespace bus::cli
