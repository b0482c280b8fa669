#include "core/config/loader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <optional>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/assign.h"
#include "core/config/catalog.h"
#include "core/config/check.h"
#include "core/config/toml_file.h"

namespace bus::config {
namespace {

// The text of a configuration file. It names programs that will be run, so nobody else may be able to write
// it.
Result<std::string> read_trusted(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return system_error("cannot be read", errno);
  if (!S_ISREG(info.st_mode)) return error(Code::denied, "is not a file");
  if (info.st_uid != ::geteuid() && info.st_uid != 0) return error(Code::denied, "belongs to somebody else");
  if ((info.st_mode & 022) != 0) return error(Code::denied, "can be written by others", "chmod go-w " + path);
  return read_all(fd.get(), kMaxFile);
}

std::optional<std::string> read_file_of(const std::string& path, bool required,
                                        std::vector<Problem>& problems) {
  auto text = read_trusted(path);
  if (text) return std::move(*text);
  if (text.error().code != Code::not_found || required) {
    problems.push_back({{path}, text.error().message, text.error().hint});
  }
  return std::nullopt;
}

void read_rules_folder(const std::string& folder, Loaded& loaded) {
  for (RuleFile& file : read_rule_files(folder, loaded.problems)) {
    if (!file.problems.empty()) {
      std::move(file.problems.begin(), file.problems.end(), std::back_inserter(loaded.problems));
      continue;
    }
    const auto [known, fresh] = loaded.settings.rule_tables.try_emplace(file.name, std::move(file.table));
    if (!fresh) {
      loaded.problems.push_back({{file.path},
                                 "rule '" + file.name + "' is already at " + known->second.place.text(),
                                 "keep one of them"});
    }
  }
}

void read_environment(const Lookup& environment, Loaded& loaded) {
  for (const Setting& setting : catalog()) {
    if (setting.environment.empty()) continue;
    if (const auto text = environment(setting.environment)) {
      const Place place{"environment variable " + std::string(setting.environment)};
      assign_text(loaded.settings, setting, *text, Origin::environment, place, loaded.problems);
    }
  }
}

void read_flags(const std::vector<std::pair<std::string, std::string>>& flags, Loaded& loaded) {
  for (const auto& [key, text] : flags) {
    const Place place{"flag for " + printable(key)};
    if (const Setting* setting = find_setting(key)) {
      assign_text(loaded.settings, *setting, text, Origin::flag, place, loaded.problems);
      continue;
    }
    std::vector<std::string_view> known;
    for (const Setting& setting : catalog()) known.push_back(setting.key);
    loaded.problems.push_back({place, "unknown key '" + printable(key) + "'", did_you_mean(key, known)});
  }
}

void finish(const Sources& sources, Loaded& loaded) {
  if (!sources.rules_folder.empty()) read_rules_folder(sources.rules_folder, loaded);
  if (sources.environment) read_environment(sources.environment, loaded);
  read_flags(sources.flags, loaded);
  check_settings(loaded.settings, loaded.problems);
}

}  // namespace

RuleFile read_rule_text(std::string_view name, const std::string& path, std::string_view toml) {
  RuleFile file{.name = std::string(name), .path = path, .table = {}};
  if (!is_rule_name(name)) {
    file.problems.push_back({{path},
                             "'" + printable(name) + "' cannot be a rule's name",
                             "names begin with a-z and go on with a-z, 0-9, _ and -"});
    return file;
  }
  file.table = read_rule(toml, path, file.problems);
  return file;
}

std::vector<RuleFile> read_rule_files(const std::string& folder, std::vector<Problem>& problems) {
  std::vector<std::filesystem::path> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (at->path().extension() == ".toml") paths.push_back(at->path());
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    problems.push_back({{folder}, "cannot be read: " + failed.message()});
  std::sort(paths.begin(), paths.end());
  std::vector<RuleFile> files;
  files.reserve(paths.size());
  for (const auto& path : paths) {
    const std::string name = path.stem();
    std::vector<Problem> unreadable;
    if (const auto text = read_file_of(path, true, unreadable)) {
      files.push_back(read_rule_text(name, path, *text));
    } else {
      files.push_back({.name = name, .path = path, .table = {}, .problems = std::move(unreadable)});
    }
  }
  return files;
}

Loaded load(const Sources& sources) {
  Loaded loaded;
  if (!sources.file.empty()) {
    if (const auto text = read_file_of(sources.file, sources.file_required, loaded.problems)) {
      read_settings(*text, sources.file, loaded.settings, loaded.problems);
    }
  }
  finish(sources, loaded);
  return loaded;
}

Loaded load_text(std::string_view toml, std::string_view name, const Sources& sources) {
  Loaded loaded;
  read_settings(toml, std::string(name), loaded.settings, loaded.problems);
  finish(sources, loaded);
  return loaded;
}

}  // namespace bus::config
