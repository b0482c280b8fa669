// bus plugin-host: the process that a plugin's library runs in, for the host that started it.
#include "core/cli/host_side.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {{"bus plugin-host", "Started by the host for isolation = \"process\"."}};
constexpr ExitMeaning kExits[] = {
    {97, "the plugin used more memory than it may"},
    {98, "whoever started it does not speak as the host does"},
};

Result<int> run(Session&) {
  const auto side = host_side();
  if (!side) return side.error();
  return (*side)->run_plugin_host();
}

}  // namespace

extern const Verb kPluginHost;
const Verb kPluginHost = {.name = "plugin-host",
                          .summary = "run a plugin's library for the host, shut in",
                          .examples = kExamples,
                          .exits = kExits,
                          .reaches_host = false,
                          .hidden = true,
                          .run = run};

}  // namespace bus::cli
