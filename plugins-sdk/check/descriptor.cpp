// The descriptor and its option table, and the sample of a configuration against it.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <set>

#include "plugins-sdk/check/checks.h"

namespace bus::check {
namespace {

constexpr std::size_t kMaxLiteral = 4096;
constexpr std::uint32_t kMaxRows = 256;

// What the host itself reads of a plugin's table (host_keys() of core/config/settings.h), and of a sink's.
constexpr const char* kOfTheHost[] = {"enabled", "plugin", "isolation", "allow", "memory", "call_timeout"};
constexpr const char* kOfSinks[] = {"predicate", "batch", "retry_max_attempts", "retry_max_age", "from"};
constexpr const char* kKept = "host_";  // for what later hosts read

bool is_of_the_host(const bus_plugin& plugin, const std::string& name) {
  const auto is_one_of = [&](const auto& keys) {
    return std::find(std::begin(keys), std::end(keys), name) != std::end(keys);
  };
  return name.starts_with(kKept) || is_one_of(kOfTheHost) ||
         (plugin.role == BUS_ROLE_SINK && is_one_of(kOfSinks));
}

bool is_literal(const char* text) {
  return text != nullptr && is_text({text, ::strnlen(text, kMaxLiteral + 1)}, kMaxLiteral);
}

bool fits(const bus_option& option, const Value& value) {
  const auto number = [&](std::uint32_t type) {
    return value.kind == Value::number ||
           (value.kind == Value::text && testing::parse_quantity(value.texts[0], type).has_value());
  };
  switch (option.type) {
    case BUS_OPT_INT:
      return value.kind == Value::number;
    case BUS_OPT_BOOL:
      return value.kind == Value::boolean;
    case BUS_OPT_DURATION:
    case BUS_OPT_SIZE:
      return number(option.type);
    case BUS_OPT_LIST:
    case BUS_OPT_PATHS:
      return value.kind == Value::list;
    case BUS_OPT_ENUM: {
      const std::string words = std::string("|") + option.choices + "|";
      return value.kind == Value::text && words.find("|" + value.texts[0] + "|") != std::string::npos;
    }
    default:
      return value.kind == Value::text;
  }
}

// A default stands as text in the table.
Value default_of(const bus_option& option) {
  const std::string text = option.default_value;
  if (option.type == BUS_OPT_INT || option.type == BUS_OPT_BOOL)
    return read_value(text).value_or(Value{Value::text, {text}});
  if (testing::is_list(option.type)) return {Value::list, {text}};
  if (option.type == BUS_OPT_DURATION || option.type == BUS_OPT_SIZE) {
    const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return {bare ? Value::number : Value::text, {text}};
  }
  return {Value::text, {text}};
}

void check_option(Findings& found, const bus_plugin& plugin, const bus_option& option,
                  std::set<std::string>& names) {
  if (!is_literal(option.name) || !is_word(option.name))
    return found.fail("the name of an option must be [a-z][a-z0-9_]*, at most 64 long");
  const std::string name = option.name;
  if (!names.insert(name).second) found.fail("option " + name + " is there twice");
  if (is_of_the_host(plugin, name))
    found.fail("option " + name + " has the name of a setting that bus itself reads in every table");
  if (!is_literal(option.help) || option.help[0] == '\0') found.fail("option " + name + " has no help");
  if (option.type > BUS_OPT_PATHS) return found.fail("option " + name + " has a type that is none");
  if (option.type == BUS_OPT_ENUM && (!is_literal(option.choices) || option.choices[0] == '\0'))
    return found.fail("option " + name + " has no choices");
  if ((option.flags & BUS_OPT_SECRET) != 0 && option.type != BUS_OPT_STRING)
    found.fail("option " + name + " is a secret and must be a string");
  if (option.default_value == nullptr) return;
  if (!is_literal(option.default_value) || !fits(option, default_of(option)))
    found.fail("the default of option " + name + " is not of its type");
  if ((option.flags & BUS_OPT_REQUIRED) != 0) found.note("option " + name + " is required and has a default");
}

void check_options(Findings& found, const bus_plugin& plugin) {
  if (plugin.option_count == 0) return;
  if (plugin.option_count > kMaxRows || plugin.options == nullptr ||
      plugin.option_stride < sizeof(bus_option))
    return found.fail("the options make no table");
  std::set<std::string> names;
  const char* row = reinterpret_cast<const char*>(plugin.options);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i, row += plugin.option_stride)
    check_option(found, plugin, *reinterpret_cast<const bus_option*>(row), names);
}

void check_types(Findings& found, const bus_plugin& plugin) {
  if (plugin.role == BUS_ROLE_SINK) return;
  if (plugin.event_type_count == 0 || plugin.event_types == nullptr || plugin.event_type_count > kMaxRows)
    return found.fail("a source must name its event types");
  for (std::uint32_t i = 0; i < plugin.event_type_count; ++i) {
    const char* type = plugin.event_types[i];
    if (!is_literal(type) || (std::strcmp(type, "*") != 0 && !is_word(type)))
      found.fail("event type " + std::to_string(i) + " must be [a-z][a-z0-9_]*, or *");
  }
}

}  // namespace

void check_descriptor(Subject& subject) {
  Findings& found = subject.found();
  const bus_plugin& plugin = subject.plugin();
  found.step("reading the descriptor");
  if (plugin.abi_minor > BUS_ABI_MINOR)
    found.note("it was built with ABI 1." + std::to_string(plugin.abi_minor) + ", this is 1." +
               std::to_string(BUS_ABI_MINOR));
  if (plugin.role != BUS_ROLE_SOURCE && plugin.role != BUS_ROLE_SINK)
    found.fail("it is neither source nor sink");
  if (plugin.reserved != 0) found.fail("reserved must be 0");
  if (!is_literal(plugin.name) || !is_word(plugin.name))
    return found.fail("its name must be [a-z][a-z0-9_]*, at most 64 long");
  const std::string stem = std::filesystem::path(subject.arguments().path).stem();
  if (stem != plugin.name)
    found.fail("the file must be called " + std::string(plugin.name) + ".so, not " + stem + ".so");
  if (!is_literal(plugin.version) || plugin.version[0] == '\0') found.fail("it has no version");
  if (!is_literal(plugin.summary) || plugin.summary[0] == '\0' ||
      std::strchr(plugin.summary, '\n') != nullptr)
    found.fail("its summary must be one line");
  const bool source = plugin.role == BUS_ROLE_SOURCE;
  if (source ? plugin.create_source == nullptr : plugin.create_sink == nullptr)
    found.fail("its create function is null");
  if (source ? plugin.create_sink != nullptr : plugin.create_source != nullptr)
    found.fail("the create function of the other role must be null");
  check_types(found, plugin);
  check_options(found, plugin);
  for (const auto& [option, value] : subject.arguments().set) {
    if (testing::find_option(plugin, option) == nullptr)
      found.fail(std::string("--set: there is no option ").append(option));
  }
}

void check_sample(Subject& subject) {
  Findings& found = subject.found();
  if (subject.arguments().sample.empty()) return found.skip("none was given (--sample FILE)");
  found.step("reading the sample");
  const Sample& sample = subject.sample();
  for (const std::string& problem : sample.problems) found.fail(problem);
  const auto known = [&](const auto& values) {
    for (const auto& [name, value] : values) {
      const bus_option* option = testing::find_option(subject.plugin(), name);
      if (option == nullptr && !is_of_the_host(subject.plugin(), name))
        found.fail("there is no option " + name);
      if (option != nullptr && !fits(*option, value))
        found.fail("the value of " + name + " is not of its type");
    }
  };
  known(sample.set);
  known(sample.offered);
  const bus_plugin& plugin = subject.plugin();
  const char* row = reinterpret_cast<const char*>(plugin.options);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i, row += plugin.option_stride) {
    const auto& option = *reinterpret_cast<const bus_option*>(row);
    const bool set = sample.set.count(option.name) != 0;
    const std::string name = option.name;
    if (!set && sample.offered.count(option.name) == 0) found.fail("option " + name + " is not in it");
    if (!set && (option.flags & BUS_OPT_REQUIRED) != 0 && option.default_value == nullptr)
      found.fail("option " + name + " is required and not set in it");
  }
}

}  // namespace bus::check
