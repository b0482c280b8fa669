#include "core/config/toml_file.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/base/text.h"
#include "core/config/assign.h"
#include "core/config/catalog.h"
#include "core/config/toml_text.h"

namespace {

// An assertion of toml++ does not hold.
[[noreturn]] void refuse_toml() {
  throw std::logic_error("malformed");
}

}  // namespace

// Header-only here, in this one file: a shared libtomlplusplus would cost every start of `bus` a library.
// With exceptions and with its assertions thrown: some malformed names (`[=`) are caught by an assertion
// alone, and a release build would take that assertion for granted.
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(condition) ((condition) ? void() : refuse_toml())
#pragma push_macro("NDEBUG")
#undef NDEBUG
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <toml++/toml.h>
#pragma GCC diagnostic pop
#pragma pop_macro("NDEBUG")

namespace bus::config {
namespace {

constexpr std::string_view kIsolations[] = {"host", "process"};
// Those that only sinks have stand last.
constexpr std::string_view kHostKeys[] = {
    "enabled",   "plugin", "isolation",          "allow",         "memory", "call_timeout",
    "predicate", "batch",  "retry_max_attempts", "retry_max_age", "from"};
constexpr std::size_t kOfSinks = 5;
constexpr std::uint64_t kLeastMemory = 32u << 20;

bool is_name(std::string_view name, std::string_view more) {
  const auto good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(), good);
}

class Reader {
 public:
  Reader(const std::string& file, std::vector<Problem>& problems) : file_(file), problems_(problems) {}

  std::optional<toml::table> parse(std::string_view text) {
    if (auto problem = check_toml_text(text, file_)) {
      problems_.push_back(std::move(*problem));
      return std::nullopt;
    }
    try {
      return toml::parse(text, file_);
    } catch (const toml::parse_error& failure) {
      complain(place(failure.source()), "not TOML: " + printable(failure.description()));
    } catch (const std::logic_error&) {
      complain({file_}, "not TOML: a table or a key has a name that cannot be read");
    }
    return std::nullopt;
  }

  void settings(const toml::table& root, Settings& out) {
    for (const auto& [key, node] : root) {
      const std::string_view word = key.str();
      const toml::table* table = node.as_table();
      if (word == "sources") {
        plugins(table, key, false, out.sources);
      } else if (word == "sinks") {
        plugins(table, key, true, out.sinks);
      } else if (word == "rule") {
        rules(table, key, out);
      } else if (const auto sections = known_sections(); !contains(sections, word)) {
        complain(place(key.source()), "unknown key '" + printable(word) + "'", did_you_mean(word, sections));
      } else if (table == nullptr) {
        complain_no_table(place(key.source()), std::string(word));
      } else {
        section(*table, word, out);
      }
    }
  }

  Table free_table(const toml::table& from) {
    Table out{place(from.source()), {}};
    for (const auto& [key, node] : from) {
      if (auto value = value_of(node, key.str())) {
        out.options.emplace(std::string(key.str()), Option{std::move(*value), place(node.source())});
      }
    }
    return out;
  }

 private:
  static bool contains(const std::vector<std::string_view>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }
  static std::vector<std::string_view> known_sections() {
    std::vector<std::string_view> words = {"sources", "sinks", "rule"};
    for (const Setting& setting : catalog()) words.push_back(setting.key.substr(0, setting.key.find('.')));
    return words;
  }

  Place place(const toml::source_region& region) const {
    return {file_, region.begin.line, region.begin.column};
  }
  void complain(Place where, std::string message, std::string hint = {}) {
    problems_.push_back({std::move(where), std::move(message), std::move(hint)});
  }

  void complain_no_table(Place where, const std::string& key) {
    complain(std::move(where), "'" + key + "' must be a table", "write [" + key + "]");
  }

  void section(const toml::table& table, std::string_view name, Settings& out) {
    std::vector<std::string_view> known;
    for (const Setting& setting : catalog()) {
      if (setting.key.starts_with(std::string(name) + "."))
        known.push_back(setting.key.substr(name.size() + 1));
    }
    for (const auto& [key, node] : table) {
      const std::string full = std::string(name) + "." + std::string(key.str());
      const Setting* setting = find_setting(full);
      if (setting == nullptr) {
        complain(place(key.source()), "unknown key '" + printable(full) + "'",
                 did_you_mean(key.str(), known));
      } else if (auto value = value_of(node, full)) {
        assign(out, *setting, *value, Origin::file, place(node.source()), problems_);
      }
    }
  }

  void plugins(const toml::table* all, const toml::key& at, bool sinks,
               std::map<std::string, PluginTable, std::less<>>& out) {
    each_table(all, at, "_", [&](const std::string& name, const toml::table& table) {
      const std::string what = (sinks ? "sink '" : "source '") + name + "'";
      PluginTable& plugin = out[name];
      plugin.options = free_table(table);
      plugin.place = plugin.options.place;
      TableReader reader(plugin.options, what, problems_);
      plugin.enabled = reader.boolean("enabled").value_or(true);
      plugin.plugin = reader.text("plugin").value_or(name);
      if (!is_name(plugin.plugin, "_")) reader.complain("plugin", "'plugin' is not a plugin's name");
      plugin.isolation = reader.choice("isolation", kIsolations).value_or("");
      plugin.allow = reader.words("allow").value_or(std::vector<std::string>{});
      plugin.memory = reader.bytes("memory").value_or(0);
      if (plugin.memory != 0 && plugin.memory < kLeastMemory)
        reader.complain("memory", "'memory' must be 32MiB at least");
      plugin.call_timeout = reader.duration("call_timeout").value_or(microseconds(0));
      if (sinks) sink(plugin, reader);
      for (const std::string_view taken : host_keys(sinks)) plugin.options.options.erase(std::string(taken));
    });
  }

  static void sink(PluginTable& plugin, TableReader& reader) {
    const auto put = [](auto& field, auto value) {
      if (value) field = *value;
    };
    put(plugin.predicate, reader.text("predicate"));
    put(plugin.sink.batch, reader.integer("batch", 1, kMaxSinkBatch));
    put(plugin.sink.retry_max_attempts, reader.integer("retry_max_attempts", 0, kMaxSinkAttempts));
    put(plugin.sink.retry_max_age, reader.duration("retry_max_age"));
    put(plugin.sink.from, reader.choice("from", kSinkStarts));
  }

  void rules(const toml::table* all, const toml::key& at, Settings& out) {
    each_table(all, at, "_-", [&](const std::string& name, const toml::table& table) {
      out.rule_tables[name] = free_table(table);
    });
  }

  // Calls `take` for each named table in `all`; `more` says which signs a name may have besides a-z and 0-9.
  template <class Take>
  void each_table(const toml::table* all, const toml::key& at, std::string_view more, Take&& take) {
    const std::string group(at.str());
    if (all == nullptr)
      return complain(place(at.source()), "'" + group + "' must have tables", "[" + group + ".name]");
    const std::string prefix = group + ".";
    for (const auto& [key, node] : *all) {
      const std::string name(key.str());
      if (!is_name(name, more)) {
        complain(place(key.source()), "'" + printable(name) + "' cannot be a name in '" + group + "'",
                 "names begin with a-z and go on with a-z, 0-9 and " + std::string(more));
      } else if (const toml::table* table = node.as_table()) {
        take(name, *table);
      } else {
        complain_no_table(place(key.source()), prefix + name);
      }
    }
  }

  std::optional<Value> value_of(const toml::node& node, std::string_view key) {
    if (const auto* text = node.as_string()) return Value(text->get());
    if (const auto* number = node.as_integer()) return Value(number->get());
    if (const auto* number = node.as_floating_point()) return Value(number->get());
    if (const auto* yes = node.as_boolean()) return Value(yes->get());
    const toml::array* array = node.as_array();
    std::vector<std::string> words;
    const bool all_text =
        array != nullptr && std::all_of(array->begin(), array->end(), [&](const toml::node& word) {
          if (const auto* text = word.as_string()) words.push_back(text->get());
          return word.is_string();
        });
    if (all_text) return Value(std::move(words));
    const char* what = array != nullptr  ? "a list of something else than strings"
                       : node.is_table() ? "a table"
                                         : "a date or time";
    complain(place(node.source()), "'" + printable(key) + "' cannot be " + what,
             "use a string, a number, true or false, or a list of strings");
    return std::nullopt;
  }

  const std::string& file_;
  std::vector<Problem>& problems_;
};

}  // namespace

std::span<const std::string_view> host_keys(bool sink) {
  return std::span(kHostKeys).first(std::size(kHostKeys) - (sink ? 0 : kOfSinks));
}

bool is_rule_name(std::string_view name) {
  return is_name(name, "_-");
}

void read_settings(std::string_view text, const std::string& file, Settings& settings,
                   std::vector<Problem>& problems) {
  Reader reader(file, problems);
  if (const auto table = reader.parse(text)) reader.settings(*table, settings);
}

Table read_rule(std::string_view text, const std::string& file, std::vector<Problem>& problems) {
  Reader reader(file, problems);
  const auto table = reader.parse(text);
  Table rule = table ? reader.free_table(*table) : Table{};
  rule.place = {file, 1, 1};
  return rule;
}

}  // namespace bus::config
