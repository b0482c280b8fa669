#include "core/config/catalog.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/json/writer.h"

namespace bus::config {
namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error", "off"};
constexpr std::string_view kFormats[] = {"automatic", "text", "json", "journal"};
constexpr std::string_view kDurationPattern = R"(^([0-9]+(\.[0-9]+)?(d|h|m|s|ms|us))+$)";
constexpr std::string_view kIsolations[] = {"automatic", "host", "process"};

#define BUS_SLOT(field) [](Settings& s) -> Slot { return &s.field; }
#define BUS_BYTES(field) [](Settings& s) -> Slot { return Bytes{&s.field}; }

// clang-format off
constexpr Setting kCatalog[] = {
  {.key = "http.listen", .slot = BUS_SLOT(http.listen), .environment = "BUS_LISTEN",
   .help = "Address and port of the HTTP server; port 0 takes a free one, \"off\" means no HTTP."},
  {.key = "http.workers", .slot = BUS_SLOT(http.workers), .least = 1, .most = 1024,
   .help = "Threads that answer requests."},
  {.key = "http.max_connections", .slot = BUS_SLOT(http.max_connections), .least = 1, .most = 100'000,
   .help = "Connections kept open at the same time; more are answered 503."},
  {.key = "http.max_streams", .slot = BUS_SLOT(http.max_streams), .least = 0, .most = 10'000,
   .help = "Event streams (SSE, NDJSON) at the same time."},
  {.key = "http.max_webhook_body", .slot = BUS_BYTES(http.max_webhook_body),
   .help = "The largest webhook body accepted."},
  {.key = "http.max_api_body", .slot = BUS_BYTES(http.max_api_body),
   .help = "The largest body of an API request accepted."},
  {.key = "http.header_timeout", .slot = BUS_SLOT(http.header_timeout),
   .help = "Time a client has to send its whole header."},
  {.key = "http.request_timeout", .slot = BUS_SLOT(http.request_timeout),
   .help = "Time a client has to send its whole request."},
  {.key = "http.tls_certificate", .slot = BUS_SLOT(http.tls_certificate),
   .help = "PEM file with the certificate chain; needed to listen anywhere but on loopback."},
  {.key = "http.tls_key", .slot = BUS_SLOT(http.tls_key),
   .help = "PEM file with the certificate's key."},
  {.key = "store.keep_age", .slot = BUS_SLOT(store.keep_age),
   .help = "Events older than this are removed; \"0s\" keeps all."},
  {.key = "store.keep_events", .slot = BUS_SLOT(store.keep_events), .least = 0,
   .help = "Events beyond this number are removed, oldest first; 0 keeps all."},
  {.key = "store.keep_bytes", .slot = BUS_BYTES(store.keep_bytes),
   .help = "Events are removed, oldest first, while the store is larger; \"0B\" keeps all."},
  {.key = "store.keep_dead_letters", .slot = BUS_SLOT(store.keep_dead_letters), .least = 1, .most = 10'000'000,
   .help = "Dead letters of all sinks that are kept; the oldest go when there are more."},
  {.key = "store.prune_unread", .slot = BUS_SLOT(store.prune_unread),
   .help = "Whether retention may remove what a named cursor has not read yet."},
  {.key = "store.sync_delay", .slot = BUS_SLOT(store.sync_delay),
   .help = "How long a commit that nobody asked to be durable may wait for the disk."},
  {.key = "socket.max_clients", .slot = BUS_SLOT(socket.max_clients), .least = 1, .most = 100'000,
   .help = "Connections to the unix socket at the same time."},
  {.key = "socket.max_frame", .slot = BUS_BYTES(socket.max_frame),
   .help = "The largest frame accepted on the unix socket."},
  {.key = "socket.subscriber_buffer", .slot = BUS_BYTES(socket.subscriber_buffer),
   .help = "Live bytes held for one slow reader before it goes on from the store."},
  {.key = "log.level", .slot = BUS_SLOT(log.level), .choices = kLevels, .environment = "BUS_LOG_LEVEL",
   .help = "What is logged: this and what is worse."},
  {.key = "log.format", .slot = BUS_SLOT(log.format), .choices = kFormats, .environment = "BUS_LOG_FORMAT",
   .help = "How log lines look; automatic: for the journal, for a terminal, else JSON."},
  {.key = "plugins.directories", .slot = BUS_SLOT(plugins.directories), .environment = "BUS_PLUGIN_DIRS",
   .help = "Folders searched for plugins after the installed ones; nobody else may be able to write them."},
  {.key = "plugins.isolation", .slot = BUS_SLOT(plugins.isolation), .choices = kIsolations,
   .help = "Where plugins run; automatic: those that come with bus in the host, others in a process of their own."},
  {.key = "rules.max_runs", .slot = BUS_SLOT(rules.max_runs), .least = 1, .most = 10'000,
   .help = "Programs of rules that run at the same time."},
  {.key = "rules.max_queued", .slot = BUS_SLOT(rules.max_queued), .least = 1, .most = 1'000'000,
   .help = "Matches that wait for one rule's turn; further ones stay in the log until there is room."},
  {.key = "rules.max_output", .slot = BUS_BYTES(rules.max_output),
   .help = "Output kept of each run."},
  {.key = "rules.max_logs", .slot = BUS_BYTES(rules.max_logs),
   .help = "Output that is kept of all runs together; the oldest goes first."},
  {.key = "rules.stop_grace", .slot = BUS_SLOT(rules.stop_grace),
   .help = "Time between SIGTERM and SIGKILL when a program is stopped."},
};
// clang-format on

#undef BUS_SLOT
#undef BUS_BYTES

constexpr std::array<std::string_view, 6> kKindNames = {"string",   "boolean", "integer",
                                                        "duration", "size",    "list of strings"};

std::string_view section_of(const Setting& setting) {
  return setting.key.substr(0, setting.key.find('.'));
}
std::string_view word_of(const Setting& setting) {
  return setting.key.substr(setting.key.find('.') + 1);
}

std::string quoted(std::string_view text) {
  std::string out;
  json::append_string(out, text);  // a TOML basic string has JSON's escapes
  return out;
}

std::string list_text(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words) out += (out.size() == 1 ? "" : ", ") + quoted(word);
  return out + "]";
}

std::string slot_text(const Slot& slot) {
  struct Text {
    std::string operator()(const std::string* v) const { return quoted(*v); }
    std::string operator()(const bool* v) const { return *v ? "true" : "false"; }
    std::string operator()(const std::int64_t* v) const { return std::to_string(*v); }
    std::string operator()(const microseconds* v) const { return quoted(format_duration(*v)); }
    std::string operator()(Bytes v) const { return quoted(format_size(*v.value)); }
    std::string operator()(const std::vector<std::string>* v) const { return list_text(*v); }
  };
  return std::visit(Text{}, slot);
}

std::string option_text(const Value& value) {
  struct Text {
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const {
      std::string out;
      json::Writer(out).number(v);
      return out;
    }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::vector<std::string>& v) const { return list_text(v); }
  };
  return std::visit(Text{}, value);
}

void write_schema(json::Writer& out, const Setting& setting) {
  Settings defaults;
  out.key(word_of(setting)).begin_object();
  switch (setting.kind()) {
    case Kind::boolean:
      out.member("type", "boolean");
      break;
    case Kind::integer:
      out.member("type", "integer").member("minimum", setting.least);
      if (setting.most != std::numeric_limits<std::int64_t>::max()) out.member("maximum", setting.most);
      break;
    case Kind::words:
      out.member("type", "array").key("items").begin_object().member("type", "string").end_object();
      break;
    case Kind::duration:
      out.member("type", "string").member("pattern", kDurationPattern);
      break;
    case Kind::size:
      out.member("type", "string").member("pattern", "^[0-9]+(\\.[0-9]+)? ?([kMGT]?B|[KMGT]iB)?$");
      break;
    case Kind::text:
      out.member("type", "string");
      break;
  }
  if (!setting.choices.empty()) {
    out.key("enum").begin_array();
    for (std::string_view word : setting.choices) out.string(word);
    out.end_array();
  }
  out.key("default").raw(value_text(setting, defaults)).member("description", setting.help).end_object();
}

void write_sink_schema(json::Writer& out) {
  const SinkTable defaults;
  const auto number = [&](std::string_view key, std::int64_t least, std::int64_t most, std::int64_t value) {
    out.key(key).begin_object().member("type", "integer").member("minimum", least).member("maximum", most);
    out.member("default", value).end_object();
  };
  out.key("predicate").begin_object().member("type", "string").end_object();
  number("batch", 1, kMaxSinkBatch, defaults.batch);
  number("retry_max_attempts", 0, kMaxSinkAttempts, defaults.retry_max_attempts);
  out.key("retry_max_age").begin_object().member("type", "string").member("pattern", kDurationPattern);
  out.member("default", format_duration(defaults.retry_max_age)).end_object();
  out.key("from").begin_object().key("enum").begin_array();
  for (const std::string_view word : kSinkStarts) out.string(word);
  out.end_array().member("default", defaults.from).end_object();
}

// What sources and sinks have in common; their own options are the plugin's to name.
void write_plugin_schema(json::Writer& out, std::string_view section) {
  out.key(section).begin_object().member("type", "object");
  out.key("additionalProperties").begin_object().member("type", "object").key("properties").begin_object();
  out.key("enabled").begin_object().member("type", "boolean").member("default", true).end_object();
  out.key("plugin").begin_object().member("type", "string").end_object();
  out.key("isolation").begin_object().key("enum").begin_array().string("host").string("process").end_array();
  out.end_object();
  out.key("allow").begin_object().member("type", "array");
  out.key("items").begin_object().member("type", "string").end_object().end_object();
  out.key("memory").begin_object().member("type", "string").end_object();
  out.key("call_timeout").begin_object().member("type", "string").end_object();
  if (section == "sinks") write_sink_schema(out);
  out.end_object().end_object().end_object();
}

void show_line(std::string& out, std::string_view key, std::string_view value, const Place& place,
               Origin origin, const Setting* setting) {
  json::Writer line(out);
  line.begin_object().member("key", key).key("value").raw(value).member("origin", name(origin));
  line.member_if("place", place.text());
  if (setting != nullptr) {
    const Settings defaults;
    line.key("default").raw(value_text(*setting, defaults)).member("type", name(setting->kind()));
    line.member("help", setting->help);
  }
  line.end_object();
  out += '\n';
}

void show_plugin(std::string& out, const std::string& key, const PluginTable& table) {
  const auto show = [&](std::string_view word, const std::string& value) {
    show_line(out, key + "." + std::string(word), value, table.place, Origin::file, nullptr);
  };
  show("enabled", table.enabled ? "true" : "false");
  show("plugin", quoted(table.plugin));
  if (!table.isolation.empty()) show("isolation", quoted(table.isolation));
  if (!table.allow.empty()) show("allow", option_text(table.allow));
  if (table.memory != 0) show("memory", quoted(format_size(table.memory)));
  if (table.call_timeout.count() != 0) show("call_timeout", quoted(format_duration(table.call_timeout)));
  if (!table.predicate.empty()) show("predicate", quoted(table.predicate));
  const SinkTable usual;
  if (table.sink.batch != usual.batch) show("batch", std::to_string(table.sink.batch));
  if (table.sink.retry_max_attempts != usual.retry_max_attempts)
    show("retry_max_attempts", std::to_string(table.sink.retry_max_attempts));
  if (table.sink.retry_max_age != usual.retry_max_age)
    show("retry_max_age", quoted(format_duration(table.sink.retry_max_age)));
  if (table.sink.from != usual.from) show("from", quoted(table.sink.from));
  const std::string prefix = key + ".";
  for (const auto& [word, option] : table.options.options) {
    show_line(out, prefix + word, option_text(option.value), option.place, Origin::file, nullptr);
  }
}

}  // namespace

std::string_view name(Kind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

Kind Setting::kind() const {
  Settings any;
  return static_cast<Kind>(slot(any).index());
}

std::span<const Setting> catalog() {
  return kCatalog;
}

const Setting* find_setting(std::string_view key) {
  const auto* found = std::find_if(std::begin(kCatalog), std::end(kCatalog),
                                   [&](const Setting& setting) { return setting.key == key; });
  return found == std::end(kCatalog) ? nullptr : found;
}

std::string value_text(const Setting& setting, const Settings& settings) {
  return slot_text(setting.slot(const_cast<Settings&>(settings)));  // only read
}

std::string sample() {
  const Settings defaults;
  std::string out =
      "# Configuration of bus. Every setting is shown at its default; remove the '#' of those you change.\n"
      "# `bus config check` checks this file, `bus config show` says where each value comes from.\n";
  std::string_view section;
  for (const Setting& setting : kCatalog) {
    if (section_of(setting) != section) {
      section = section_of(setting);
      out += "\n[" + std::string(section) + "]\n";
    }
    out += "# " + std::string(setting.help);
    if (!setting.choices.empty()) {
      out += " One of:";
      for (std::string_view word : setting.choices) out += " " + std::string(word);
      out += '.';
    }
    if (!setting.environment.empty()) out += " Environment: " + std::string(setting.environment) + ".";
    out += "\n#" + std::string(word_of(setting)) + " = " + value_text(setting, defaults) + "\n";
  }
  return out +
         "\n# Sources and sinks have a table each: [sources.<name>], [sinks.<name>]. `enabled`, `plugin` "
         "and\n"
         "# `isolation` (host or process) are known to bus; sinks also have `predicate`, `batch` (events in "
         "one\n"
         "# delivery), `from` (\"beginning\" or \"now\": where a new sink begins), and `retry_max_attempts` "
         "and\n"
         "# `retry_max_age`, after which an event goes to the dead letters (`bus dead list`). For a plugin "
         "in "
         "a\n"
         "# process of its own there are also `allow` (a list of network, unix, programs, files:/a/path), "
         "`memory`\n"
         "# (256MiB) and `call_timeout` (10s). The other keys are the plugin's own (`bus plugins show "
         "<name>`).\n";
}

std::string schema() {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("$schema", "https://json-schema.org/draft/2020-12/schema");
  out.member("title", "bus configuration").member("type", "object").member("additionalProperties", false);
  out.key("properties").begin_object();
  std::string_view section;
  for (const Setting& setting : kCatalog) {
    if (section_of(setting) != section) {
      if (!section.empty()) out.end_object().end_object();
      section = section_of(setting);
      out.key(section).begin_object().member("type", "object").member("additionalProperties", false);
      out.key("properties").begin_object();
    }
    write_schema(out, setting);
  }
  out.end_object().end_object();
  write_plugin_schema(out, "sources");
  write_plugin_schema(out, "sinks");
  out.key("rule").begin_object().member("type", "object").end_object();
  out.end_object().end_object();
  return text;
}

std::string show_json(const Settings& settings) {
  std::string out;
  for (const Setting& setting : kCatalog) {
    show_line(out, setting.key, value_text(setting, settings), settings.place(setting.key),
              settings.origin(setting.key), &setting);
  }
  for (const auto& [name, table] : settings.sources) show_plugin(out, "sources." + name, table);
  for (const auto& [name, table] : settings.sinks) show_plugin(out, "sinks." + name, table);
  return out;
}

}  // namespace bus::config
