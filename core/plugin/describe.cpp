#include "core/plugin/describe.h"

#include <array>
#include <string_view>

#include "core/json/writer.h"

namespace bus::plugin {
namespace {

void write_options(json::Writer& out, const Descriptor& descriptor) {
  static constexpr std::array<std::string_view, 9> kTypes = {
      "string", "integer", "boolean", "duration", "size", "path", "list", "choice", "paths"};
  out.key("options").begin_array();
  for (const OptionInfo& option : descriptor.options) {
    out.begin_object().member("name", option.name);
    out.member("type", kTypes[static_cast<std::size_t>(option.type)]).member("help", option.help);
    if (!option.choices.empty()) {
      out.key("choices").begin_array();
      for (const std::string& word : option.choices) out.string(word);
      out.end_array();
    }
    if (option.has_default) out.member("default", option.fallback);
    if (option.required) out.member("required", true);
    if (option.secret) out.member("secret", true);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

std::string description_of(const Descriptor& descriptor) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("name", descriptor.name).member("role", name(descriptor.role));
  out.member("version", descriptor.version).member("summary", descriptor.summary);
  out.member("abi", std::to_string(BUS_ABI_MAJOR) + "." + std::to_string(descriptor.abi_minor));
  out.key("event_types").begin_array();
  for (const std::string& type : descriptor.event_types) out.string(type);
  out.end_array();
  write_options(out, descriptor);
  out.end_object();
  return text;
}

}  // namespace bus::plugin
