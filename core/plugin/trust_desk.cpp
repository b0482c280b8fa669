#include "core/plugin/trust_desk.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "core/plugin/describe.h"
#include "core/plugin/loader.h"
#include "core/plugin/manager.h"
#include "core/plugin/minisign.h"
#include "core/plugin/reserved_names.h"

namespace bus::plugin {
namespace {

namespace fs = std::filesystem;

// As the catalog finds it: links on the way to the folder are the user's own choice.
Result<fs::path> place_of(const std::string& path) {
  const fs::path given = fs::path(path).lexically_normal();
  std::error_code failure;
  const fs::path folder = fs::canonical(given.parent_path(), failure);
  if (failure) return error(Code::not_found, given.parent_path().string() + ": " + failure.message());
  if (given.extension() != ".so")
    return error(Code::invalid, path + " is not called <name>.so", "name the plugin's library");
  return folder / given.filename();
}

// A name that nobody else has.
Status check_name(const fs::path& place) {
  const std::string name = place.stem().string();
  std::error_code failure;
  const fs::path installed = fs::canonical(installed_plugin_folder(), failure);
  const bool taken = !failure && installed != place.parent_path() && fs::exists(installed / place.filename());
  if (!failure && installed == place.parent_path()) {
    return error(Code::invalid, "'" + name + "' came with bus", "it is trusted already");
  }
  if (taken || is_reserved_name(name)) {
    return error(Code::denied,
                 "'" + name + "' is the name of " + (taken ? "a plugin that came with bus" : "bus itself"),
                 "the plugin needs another name");
  }
  return Ok{};
}

// Of a signature that does not do.
Error unsigned_by(const GatedFile& file, const Error& why) {
  return error(why.code, why.message,
               "get " + shell_word(file.path + ".minisig") +
                   " again from who made the library, or trust these very bytes: bus plugins trust " +
                   shell_word(file.path));
}

Status take_signature(const GatedFile& file, const std::string& key_text, TrustLook& out) {
  const auto signature = read_signature_of(file.path);
  if (signature) out.signer = minisign_signer(*signature);
  if (key_text.empty()) return Ok{};
  const auto key = MinisignKey::parse(key_text);
  if (!key) {
    return error(Code::invalid, "the key " + key.error().message,
                 "give the second line of its .pub file, or the name of that file");
  }
  out.pin.sha256.clear();
  out.pin.key = key->text();
  auto comment = check_signature(*key, file);
  if (!comment) return unsigned_by(file, comment.error());
  out.comment = std::move(*comment);
  return Ok{};
}

}  // namespace

Result<TrustLook> look_at(const std::string& path, const std::string& key, const std::string& program) {
  const auto place = place_of(path);
  if (!place) return place.error();
  if (Status free = check_name(*place); !free) return std::move(free).error();
  auto file = pass_gate(place->string());
  if (!file) return std::move(file).error();
  TrustLook out;
  out.sha256 = out.pin.sha256 = file->sha256;
  out.pin.path = file->path;
  out.pin.name = place->stem().string();
  out.pin.since = system_clock().now();
  if (Status taken = take_signature(*file, key, out); !taken) return std::move(taken).error();
  const auto looked = load_isolated(std::move(*file), program, process::system_spawner());
  if (!looked) {
    // To have died over it is the library's own fault, and trying again does not help.
    const Error& why = looked.error();
    return error(why.code == Code::unavailable ? Code::invalid : why.code, why.message, why.hint);
  }
  if (Status named = check_file_name(**looked); !named) return std::move(named).error();
  out.description = description_of((*looked)->descriptor);
  out.pin.version = (*looked)->descriptor.version;
  return out;
}

}  // namespace bus::plugin
