#include "core/cli/config_sources.h"

namespace bus::cli {

Result<config::Sources> config_sources(const config::Paths& paths, const Arguments& arguments) {
  config::Sources sources;
  sources.file = paths.config_file();
  sources.rules_folder = paths.rules_folder();
  sources.environment = config::process_environment();
  for (const std::string& setting : arguments.all("set")) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return error(Code::invalid, "--set must be KEY=VALUE, not '" + setting + "'", "see: bus config show");
    }
    sources.flags.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return sources;
}

}  // namespace bus::cli
