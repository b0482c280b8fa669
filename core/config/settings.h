// Settings: everything that can be configured, with its default. `catalog.h` describes each, `loader.h` fills
// them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/config/table.h"

namespace bus::config {

enum class Origin : std::uint8_t { builtin, file, environment, flag };
std::string_view name(Origin origin);  // "default", "file", "environment", "flag"

struct Http {
  std::string listen = "127.0.0.1:9000";  // address:port; port 0 takes a free one; "off": no HTTP
  std::int64_t workers = 16;
  std::int64_t max_connections = 2048;
  std::int64_t max_streams = 64;
  std::uint64_t max_webhook_body = 25u << 20;
  std::uint64_t max_api_body = 16u << 20;
  microseconds header_timeout = seconds(5);
  microseconds request_timeout = seconds(30);
  std::string tls_certificate{};  // PEM files; needed off loopback
  std::string tls_key{};
};

struct Store {
  // Retention; 0 means: keep all.
  microseconds keep_age{0};
  std::int64_t keep_events = 0;
  std::uint64_t keep_bytes = 0;
  std::int64_t keep_dead_letters = 10'000;  // of all sinks together
  bool prune_unread = false;                // retention may also take what a named cursor has not read yet
  microseconds sync_delay =
      milliseconds(200);  // how long a commit that nobody asked durable may wait for the disk
};

struct Socket {
  std::int64_t max_clients = 1024;
  std::uint64_t max_frame = 16u << 20;
  std::uint64_t subscriber_buffer = 1u
                                    << 20;  // live bytes held for one reader before it goes on from the store
};

struct Log {
  std::string level = "info";
  std::string format = "automatic";
};

struct Plugins {
  std::vector<std::string> directories{};  // searched after the installed ones
  std::string isolation = "automatic";     // automatic: ours in the host, others in a process of their own
};

struct Rules {
  std::int64_t max_runs = 8;  // programs of rules at the same time
  std::int64_t max_queued = 1000;
  std::uint64_t max_output = 1u << 20;  // output kept of each run
  std::uint64_t max_logs = 256u << 20;  // and of all of them
  microseconds stop_grace = seconds(10);
};

// What bus does for every sink.
struct SinkTable {
  std::int64_t batch = 256;             // events in one delivery, at most
  std::int64_t retry_max_attempts = 0;  // tries of one event; 0: no end
  microseconds retry_max_age{0};        // of its tries; 0: no end
  std::string from = "beginning";       // where a new sink begins: "beginning" or "now"
};

// The keys of a sink's or a source's table that the host reads itself. No option of a plugin can have such a
// name: it would never be given its value. Keys that are added once plugins are about begin with kHostPrefix,
// with which no option begins, so that what loads today loads then.
std::span<const std::string_view> host_keys(bool sink);
inline constexpr std::string_view kHostPrefix = "host_";

// A configured source or sink: what the host knows of it, and the rest for the plugin.
struct PluginTable {
  Place place;
  bool enabled = true;
  std::string plugin;       // which plugin; the table's name unless it says so
  std::string isolation{};  // empty: as Plugins::isolation; "host" or "process"
  // Of a plugin in a process of its own: what it may have besides ("network", "unix", "programs",
  // "files:/path"), and its bounds; 0: the default.
  std::vector<std::string> allow{};
  std::uint64_t memory = 0;
  microseconds call_timeout{0};
  std::string predicate{};  // sinks: what to forward; empty: everything
  SinkTable sink{};         // sinks
  Table options;            // typed against the plugin's option table when it is loaded
};

struct Settings {
  Http http;
  Store store;
  Socket socket;
  Log log;
  Plugins plugins;
  Rules rules;

  std::map<std::string, PluginTable, std::less<>> sources;
  std::map<std::string, PluginTable, std::less<>> sinks;
  std::map<std::string, Table, std::less<>>
      rule_tables;  // [rule.<name>] and rules.d/<name>.toml; core/rules types them

  // Where a setting of the catalog came from; builtin if nobody set it.
  Origin origin(std::string_view key) const;
  // Its place; empty if nobody set it.
  Place place(std::string_view key) const;

  struct Source {
    Origin origin = Origin::builtin;
    Place place;
  };
  std::map<std::string, Source, std::less<>> set_by;  // by catalog key
};

}  // namespace bus::config
