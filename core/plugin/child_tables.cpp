// The tables of a plugin's library that the host reads through a child: its descriptor and its routes.
#include <deque>
#include <string>
#include <utility>

#include "core/plugin/child_forms.h"

namespace bus::plugin {
namespace {

void pack_literal(Packer& out, const char* text) {
  out.number(static_cast<std::uint8_t>(text != nullptr));
  if (text != nullptr) out.text(text);
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all.append(all.empty() ? "" : "|").append(word);
  return all;
}

bus_webhook_route read_row(const bus_webhook& table, std::uint32_t index) {
  const char* at = reinterpret_cast<const char*>(table.routes) + std::size_t{index} * table.route_stride;
  bus_webhook_route row{};
  std::memcpy(&row, at, std::min<std::size_t>(table.route_stride, sizeof row));
  return row;
}

}  // namespace

void pack_descriptor(Packer& out, const Descriptor& descriptor) {
  out.number(descriptor.abi_minor);
  out.number(static_cast<std::uint32_t>(descriptor.role == Role::source ? BUS_ROLE_SOURCE : BUS_ROLE_SINK));
  out.text(descriptor.name).text(descriptor.version).text(descriptor.summary);
  out.number(static_cast<std::uint32_t>(descriptor.event_types.size()));
  for (const std::string& type : descriptor.event_types) out.text(type);
  out.number(static_cast<std::uint32_t>(descriptor.options.size()));
  for (const OptionInfo& option : descriptor.options) {
    out.text(option.name).text(option.help);
    pack_literal(out, option.has_default ? option.fallback.c_str() : nullptr);
    out.number(static_cast<std::uint32_t>(option.type));
    out.number((option.required ? std::uint32_t{BUS_OPT_REQUIRED} : 0u) |
               (option.secret ? std::uint32_t{BUS_OPT_SECRET} : 0u));
    out.text(joined(option.choices));
  }
}

Result<Descriptor> unpack_descriptor(Unpacker& in, decltype(bus_plugin::create_source) create_source,
                                     decltype(bus_plugin::create_sink) create_sink) {
  std::deque<std::string> texts;
  const auto text = [&] { return texts.emplace_back(in.text()).c_str(); };
  bus_plugin plugin{};
  plugin.abi_major = BUS_ABI_MAJOR;
  plugin.size = sizeof plugin;
  plugin.abi_minor = in.number<std::uint32_t>();
  plugin.role = in.number<std::uint32_t>();
  plugin.name = text();
  plugin.version = text();
  plugin.summary = text();
  std::vector<const char*> types(in.count(4));
  for (const char*& type : types) type = text();
  std::vector<bus_option> options(in.count(4 + 4 + 1 + 4 + 4 + 4));
  for (bus_option& option : options) {
    option.name = text();
    option.help = text();
    option.default_value = in.number<std::uint8_t>() != 0 ? text() : nullptr;
    option.type = in.number<std::uint32_t>();
    option.flags = in.number<std::uint32_t>();
    option.choices = text();
  }
  if (!in.done()) return error(Code::invalid, "its descriptor makes no sense");
  plugin.event_types = types.data();
  plugin.event_type_count = static_cast<std::uint32_t>(types.size());
  plugin.options = options.data();
  plugin.option_count = static_cast<std::uint32_t>(options.size());
  plugin.option_stride = sizeof(bus_option);
  plugin.create_source = create_source;
  plugin.create_sink = create_sink;
  return read_descriptor(plugin);
}

Status pack_routes(Packer& out, const bus_webhook& table) {
  constexpr std::uint32_t kMost = 64;
  if (table.size < sizeof table || table.on_request == nullptr || table.route_count > kMost ||
      (table.route_count != 0 && table.routes == nullptr) ||
      table.route_stride < offsetof(bus_webhook_route, prefix)) {
    return error(Code::invalid, "its webhook table is wrong");
  }
  out.number(table.route_count);
  for (std::uint32_t i = 0; i < table.route_count; ++i) {
    const bus_webhook_route row = read_row(table, i);
    for (const char* text : {row.path, row.methods, row.secret, row.header, row.prefix}) {
      pack_literal(out, text);
    }
    out.number(row.body_cap).number(row.signature).number(row.hash).number(row.encoding);
    out.number(row.tolerance_us);
  }
  return Ok{};
}

const char* UnpackedRoutes::keep(Unpacker& in) {
  if (in.number<std::uint8_t>() == 0) return nullptr;
  return texts_.emplace_back(in.text()).c_str();
}

UnpackedRoutes::UnpackedRoutes(Unpacker& in) {
  rows_.resize(in.count(5 + 8 + 4 * 3 + 8));
  for (bus_webhook_route& row : rows_) {
    row.path = keep(in);
    row.methods = keep(in);
    row.secret = keep(in);
    row.header = keep(in);
    row.prefix = keep(in);
    row.body_cap = in.number<std::uint64_t>();
    row.signature = in.number<std::uint32_t>();
    row.hash = in.number<std::uint32_t>();
    row.encoding = in.number<std::uint32_t>();
    row.tolerance_us = in.number<std::uint64_t>();
  }
}

}  // namespace bus::plugin
