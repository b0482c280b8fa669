#include "core/rules/limits.h"

#include <array>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/config/table.h"

namespace bus::rules {
namespace {

struct Known {
  std::string_view name;
  int resource;
};

constexpr std::array<Known, 9> kLimits = {{{"as", RLIMIT_AS},
                                           {"core", RLIMIT_CORE},
                                           {"cpu", RLIMIT_CPU},
                                           {"data", RLIMIT_DATA},
                                           {"fsize", RLIMIT_FSIZE},
                                           {"memlock", RLIMIT_MEMLOCK},
                                           {"nofile", RLIMIT_NOFILE},
                                           {"nproc", RLIMIT_NPROC},
                                           {"stack", RLIMIT_STACK}}};

}  // namespace

Result<process::Limit> parse_limit(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  std::vector<std::string_view> names;
  names.reserve(kLimits.size());
  for (const Known& known : kLimits) {
    names.push_back(known.name);
    if (known.name != name || equals == std::string_view::npos) continue;
    const auto value = config::parse_size(text.substr(equals + 1));
    if (!value) return error(Code::invalid, "the limit '" + printable(text) + "' has no number behind =");
    return process::Limit{.resource = known.resource, .soft = *value, .hard = *value};
  }
  return error(Code::invalid, "'" + printable(text) + "' is no limit", config::one_of(name, names));
}

}  // namespace bus::rules
