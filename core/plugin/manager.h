// Manager: finds, loads, starts and stops the plugins. The one header of core/plugin that the host needs.
//
// A plugin that cannot be loaded, made or started is `failed`, with its reason, and stops nobody else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/ingest/ingest.h"
#include "core/plugin/services.h"
#include "core/plugin/sink_instance.h"
#include "core/plugin/source_instance.h"
#include "core/plugin/state.h"

namespace bus::plugin {

// Where plugins are: <name>.so. Of two with one name the first folder's counts.
struct Folders {
  std::string installed;             // those that came with bus; may be empty or not there
  std::vector<std::string> further;  // those of the configuration
  std::string trust;                 // the file that says which of the further ones may run; see trust.h
};

// <folder of this program>/../lib/bus/plugins
std::string installed_plugin_folder();

// What runs: every [sources.<name>] and [sinks.<name>] that is not disabled, and every installed source that
// needs no settings unless it is disabled. Further plugins are loaded only if something is configured for
// them and the user trusts them, and not under the name of one that came with bus.
//
// start_all(), stop_sources() and stop_sinks() are for one thread, everything else is safe for concurrent
// use.
class Manager {
 public:
  // Loads the libraries and checks the settings; runs nothing of them yet.
  Manager(HostServices services, const config::Settings& settings, const Folders& folders);
  ~Manager();  // stops what still runs
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Creates every instance, then starts sinks, then sources. Waits for creation (which touches nothing
  // outside), and a second at most for the sources' first try to start, so that their routes are there;
  // status() tells.
  void start_all();
  // Each waits until they have stopped, for at most HostServices::stop_grace. First: routes and intakes are
  // closed, and the events that are on their way are answered for. To be called before ingest is stopped.
  // Twice is fine.
  void stop_sources();
  // To be called when nothing is emitted any more. What is not delivered yet waits in the log.
  void stop_sinks();

  // Instances first, then plugins that are not in use.
  std::vector<PluginStatus> status() const;

  // True if events of that source can only come from its plugin.
  bool is_source(std::string_view name) const;
  // A message of a local client to the intake of a source, by the name of its instance. Does not wait.
  void deliver_intake(std::string_view source, std::string message, ingest::Durability durability,
                      IntakeDone done);
  // Offers dead letters to their sink again. Does not wait.
  void redeliver(std::string_view sink, std::vector<std::uint64_t> ids, RedeliveryDone done);
  // SinkInstance::resume() of that sink; Code::not_found.
  void resume(std::string_view sink, std::function<void(Status)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::plugin
