#include "core/plugin/loader.h"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <exception>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/base/text.h"
#include "core/plugin/isolated.h"

namespace bus::plugin {
namespace {

namespace dll = boost::dll;

// Every library that was mapped. Never destroyed: that would unmap them.
std::vector<std::unique_ptr<dll::shared_library>>& kept() {
  static auto& all = *new std::vector<std::unique_ptr<dll::shared_library>>;
  return all;
}

// Maps the sealed copy. Neither the library nor its descriptor of the file is ever given back: code of a
// plugin that was started may still be on some stack, and the dynamic linker takes a path that it has seen,
// "/proc/self/fd/7", for the library that it saw there.
Result<const bus_plugin*> map(UniqueFd memory, const std::string& name) {
  const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
  try {
    // The throwing overload carries dlerror's text. rtld_now: an undefined symbol must show here, not at a
    // call.
    auto library =
        std::make_unique<dll::shared_library>(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    memory.release();
    const dll::shared_library& mapped = *kept().emplace_back(std::move(library));
    if (!mapped.has(BUS_PLUGIN_SYMBOL)) {
      return error(Code::invalid, name + " is no bus plugin: it does not export " BUS_PLUGIN_SYMBOL);
    }
    return &mapped.get<const bus_plugin>(BUS_PLUGIN_SYMBOL);
  } catch (const std::exception& failure) {
    return error(Code::invalid, name + " cannot be loaded: " + printable(to_utf8(failure.what())));
  }
}

constexpr std::size_t kMaxDescriptor = 8u << 20;  // packed: all that a table may hold is less

// Of a child that reads a descriptor. The library may be large; how much it may have to run is not known yet.
Confinement looking() {
  Confinement bounds;
  bounds.allowed.only_look = true;
  bounds.memory = std::uint64_t{1} << 30;
  return bounds;
}

}  // namespace

Status check_file_name(const Plugin& plugin) {
  const std::string& name = plugin.descriptor.name;
  if (std::filesystem::path(plugin.path).stem() == name) return Ok{};
  return error(Code::invalid, plugin.path + " calls itself '" + name + "'", "name the file " + name + ".so");
}

Result<Descriptor> map_library(UniqueFd memory, const std::string& path) {
  const auto plugin = map(std::move(memory), path);
  if (!plugin) return plugin.error();
  auto descriptor = read_descriptor(**plugin);
  if (!descriptor) return std::move(descriptor).error().in(path);
  return descriptor;
}

Result<std::shared_ptr<const Plugin>> load(const std::string& path) {
  auto file = pass_gate(path);
  if (!file) return std::move(file).error();
  return load(std::move(*file));
}

Result<std::shared_ptr<const Plugin>> load(GatedFile file) {
  auto descriptor = map_library(std::move(file.memory), file.path);
  if (!descriptor) return std::move(descriptor).error();
  return std::shared_ptr<const Plugin>(std::make_shared<Plugin>(
      Plugin{std::move(*descriptor), std::move(file.path), std::move(file.sha256), file.stamp}));
}

Result<std::shared_ptr<const Plugin>> load_isolated(const std::string& path, const std::string& program,
                                                    process::Spawner& spawner) {
  auto file = pass_gate(path);
  if (!file) return std::move(file).error();
  return load_isolated(std::move(*file), program, spawner);
}

Result<std::shared_ptr<const Plugin>> load_isolated(GatedFile file, const std::string& program,
                                                    process::Spawner& spawner) {
  const std::string path = std::move(file.path);
  const auto library =
      std::make_shared<const ChildLibrary>(ChildLibrary{std::move(file.memory), program, path});
  const Hurry patience;
  Begun begun;
  const auto child = begin_child(
      spawner, *library, looking(), patience, [](std::string_view) {}, begun);
  if (!child) {
    const Error& why = child.error();
    const bool named = why.message.starts_with(path);
    return error(why.code, named ? why.message : path + ": " + why.message, why.hint);
  }
  if (begun.descriptor.size() > kMaxDescriptor)
    return error(Code::invalid, path + " says too much of itself");
  Unpacker in(begun.descriptor);
  auto descriptor = unpack_descriptor(in, &create_isolated_source, &create_isolated_sink);
  if (!descriptor) return std::move(descriptor).error().in(path);
  return std::shared_ptr<const Plugin>(std::make_shared<Plugin>(
      Plugin{std::move(*descriptor), path, std::move(file.sha256), file.stamp, library}));
}

}  // namespace bus::plugin
