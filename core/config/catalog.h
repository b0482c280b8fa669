// The catalog: one table of all settings. It drives the loader, `config show`, `config schema` and `config
// sample`.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/settings.h"

namespace bus::config {

enum class Kind : std::uint8_t { text, boolean, integer, duration, size, words };
std::string_view name(Kind kind);  // "string", "boolean", "integer", "duration", "size", "list of strings"

// The field itself; the alternative is the kind, in the order of Kind.
struct Bytes {
  std::uint64_t* value;
};
using Slot =
    std::variant<std::string*, bool*, std::int64_t*, microseconds*, Bytes, std::vector<std::string>*>;

struct Setting {
  std::string_view key;  // "http.listen"
  Slot (*slot)(Settings&);
  std::span<const std::string_view> choices{};  // text: the only words allowed; empty: any
  std::int64_t least = 0;                       // integer: the smallest allowed
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::string_view environment{};  // "BUS_LISTEN"; empty: none. Lists are separated by ':' there
  std::string_view help;           // one sentence

  Kind kind() const;
};

// Bounds and words of what every sink can be told (SinkTable).
inline constexpr std::int64_t kMaxSinkBatch = 4096;
inline constexpr std::int64_t kMaxSinkAttempts = 1'000'000;
inline constexpr std::string_view kSinkStarts[] = {"beginning", "now"};

// All settings, in the order of the sample file.
std::span<const Setting> catalog();
const Setting* find_setting(std::string_view key);

// The value as TOML writes it: `"127.0.0.1:9000"`, `true`, `"30s"`, `["a"]`.
std::string value_text(const Setting& setting, const Settings& settings);

// A configuration file with every setting commented out at its default, its help above it.
std::string sample();
// The same as JSON Schema (2020-12), for editors.
std::string schema();
// {"key":…,"value":…,"default":…,"origin":…,"type":…,"help":…} for each setting, one object a line; sources
// and sinks follow. Secrets are not in settings, so nothing is hidden.
std::string show_json(const Settings& settings);

}  // namespace bus::config
