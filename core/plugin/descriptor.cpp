#include "core/plugin/descriptor.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/text.h"
#include "core/config/settings.h"

namespace bus::plugin {
namespace {

constexpr std::uint32_t kMaxRows = 256;    // options, event types
constexpr std::size_t kMaxLiteral = 4096;  // bytes of one text
constexpr std::string_view kAnyType = "*";

Error bad(std::string why) {
  return error(Code::invalid, "its descriptor is wrong: " + std::move(why));
}

// A literal of the plugin; nullopt if it is null, too long or not UTF-8.
std::optional<std::string> literal(const char* text) {
  if (text == nullptr) return std::nullopt;
  const std::string_view view(text, ::strnlen(text, kMaxLiteral + 1));
  if (view.size() > kMaxLiteral || !is_utf8(view)) return std::nullopt;
  return std::string(view);
}

bool is_word(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= 64 && lower(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Status read_names(const bus_plugin& plugin, Descriptor& out) {
  const auto name = literal(plugin.name), version = literal(plugin.version),
             summary = literal(plugin.summary);
  if (!name || !is_word(*name)) return bad("name must be [a-z][a-z0-9_]*, at most 64 long");
  if (!version || !summary) return bad("version and summary must be text");
  out.name = *name;
  out.version = printable(*version);
  out.summary = printable(*summary);
  return Ok{};
}

Status read_types(const bus_plugin& plugin, Descriptor& out) {
  if (plugin.event_type_count > kMaxRows) return bad("more than 256 event types");
  if (plugin.event_type_count != 0 && plugin.event_types == nullptr) return bad("event_types is null");
  for (std::uint32_t i = 0; i < plugin.event_type_count; ++i) {
    const auto type = literal(plugin.event_types[i]);
    if (!type || (*type != kAnyType && !is_word(*type))) {
      return bad("event type " + std::to_string(i) + " must be [a-z][a-z0-9_]*");
    }
    out.event_types.push_back(*type);
  }
  if (out.role == Role::source && out.event_types.empty()) return bad("a source must name its event types");
  return Ok{};
}

Result<OptionInfo> read_option(const bus_option& row) {
  const auto name = literal(row.name), help = literal(row.help);
  if (!name || !is_word(*name)) return bad("an option's name must be [a-z][a-z0-9_]*");
  if (!help) return bad("option " + *name + " has no help");
  if (row.type > BUS_OPT_PATHS) return bad("option " + *name + " has a type that this host does not know");
  OptionInfo option;
  option.name = *name;
  option.help = *help;
  option.type = static_cast<OptionType>(row.type);
  option.required = (row.flags & BUS_OPT_REQUIRED) != 0;
  option.secret = (row.flags & BUS_OPT_SECRET) != 0;
  if (row.default_value != nullptr) {
    const auto fallback = literal(row.default_value);
    if (!fallback) return bad("the default of option " + *name + " is no text");
    option.fallback = *fallback;
    option.has_default = true;
  }
  if (option.type == OptionType::choice) {
    const std::string choices = literal(row.choices).value_or("");
    for (std::string_view word : split(choices, '|')) {
      if (!word.empty()) option.choices.emplace_back(word);
    }
    if (option.choices.empty()) return bad("option " + *name + " has no choices");
  }
  if (option.secret && option.type != OptionType::text)
    return bad("secret option " + *name + " must be a string");
  return option;
}

// An option of such a name would never be given its value, or only one of the two would.
Status check_name(const Descriptor& plugin, const std::string& option) {
  for (const std::string_view key : config::host_keys(plugin.role == Role::sink)) {
    if (option == key)
      return bad("option " + option + " has the name of a setting that bus itself reads in every " +
                 std::string(name(plugin.role)) + "'s table");
  }
  if (option.starts_with(config::kHostPrefix))
    return bad("option " + option + " has a name that bus keeps for settings of its own: host_…");
  for (const OptionInfo& other : plugin.options) {
    if (option == other.name) return bad("option " + option + " is there twice");
  }
  return Ok{};
}

Status read_options(const bus_plugin& plugin, Descriptor& out) {
  if (plugin.option_count == 0) return Ok{};
  if (plugin.option_count > kMaxRows) return bad("more than 256 options");
  if (plugin.options == nullptr || plugin.option_stride < sizeof(bus_option))
    return bad("options make no table");
  const char* row = reinterpret_cast<const char*>(plugin.options);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i, row += plugin.option_stride) {
    auto option = read_option(*reinterpret_cast<const bus_option*>(row));
    if (!option) return std::move(option).error();
    if (Status named = check_name(out, option->name); !named) return named;
    out.options.push_back(std::move(*option));
  }
  return Ok{};
}

}  // namespace

std::string_view name(Role role) {
  return role == Role::source ? "source" : "sink";
}

bool Descriptor::declares(std::string_view type) const {
  return std::any_of(event_types.begin(), event_types.end(),
                     [&](const std::string& declared) { return declared == type || declared == kAnyType; });
}

bool Descriptor::needs_no_settings() const {
  return std::none_of(options.begin(), options.end(),
                      [](const OptionInfo& option) { return option.required && !option.has_default; });
}

Result<Descriptor> read_descriptor(const bus_plugin& plugin) {
  if (plugin.abi_major != BUS_ABI_MAJOR) {
    return error(Code::invalid,
                 "it was built for plugin ABI " + std::to_string(plugin.abi_major) + ", this host has " +
                     std::to_string(BUS_ABI_MAJOR),
                 "build it again with the SDK of this bus");
  }
  // What ABI 1.0 has; later minors only add.
  if (plugin.size < offsetof(bus_plugin, create_sink) + sizeof plugin.create_sink)
    return bad("it is too small");
  if (plugin.role != BUS_ROLE_SOURCE && plugin.role != BUS_ROLE_SINK)
    return bad("it is neither source nor sink");
  Descriptor out;
  out.role = plugin.role == BUS_ROLE_SOURCE ? Role::source : Role::sink;
  out.abi_minor = plugin.abi_minor;
  if (Status read = read_names(plugin, out); !read) return std::move(read).error();
  if (Status read = read_types(plugin, out); !read) return std::move(read).error();
  if (Status read = read_options(plugin, out); !read) return std::move(read).error();
  out.create_source = plugin.create_source;
  out.create_sink = plugin.create_sink;
  if (out.role == Role::source ? out.create_source == nullptr : out.create_sink == nullptr) {
    return bad("its create function is null");
  }
  return out;
}

}  // namespace bus::plugin
