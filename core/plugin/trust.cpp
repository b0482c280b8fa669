#include "core/plugin/trust.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "core/base/file.h"
#include "core/base/file_lock.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/json/reader.h"
#include "core/json/writer.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kMaxFile = 1u << 20;

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string encode(const std::vector<Pin>& pins) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("plugins").begin_array();
  for (const Pin& pin : pins) {
    out.begin_object().member("name", pin.name).member("path", pin.path).member("version", pin.version);
    out.member_if("sha256", pin.sha256).member_if("key", pin.key).member("since", format_time(pin.since));
    out.end_object();
  }
  out.end_array().end_object();
  return text += '\n';
}

// One entry; nullopt if any part of it is not as encode() writes it: nothing is trusted by half.
std::optional<Pin> decode(json::Node node) {
  Pin pin;
  pin.name = node["name"].string_or({});
  pin.path = node["path"].string_or({});
  pin.version = node["version"].string_or({});
  pin.sha256 = node["sha256"].string_or({});
  pin.key = node["key"].string_or({});
  const auto since = parse_time(node["since"].string_or({}));
  if (pin.name.empty() || !pin.path.starts_with('/') || !since) return std::nullopt;
  if (pin.sha256.empty() ? !MinisignKey::parse(pin.key).ok() : !is_digest(pin.sha256) || !pin.key.empty())
    return std::nullopt;
  pin.since = *since;
  return pin;
}

Result<std::vector<Pin>> decode_file(std::string_view bytes) {
  json::Document document;
  const auto root = document.parse(bytes);
  if (!root) return error(Code::config, root.error().message);
  if (!(*root)["plugins"].is_array()) return error(Code::config, "there is no list \"plugins\"");
  std::vector<Pin> pins;
  for (const json::Node node : (*root)["plugins"].elements()) {
    auto pin = decode(node);
    if (!pin)
      return error(Code::config, "plugin number " + std::to_string(pins.size() + 1) + " is malformed");
    pins.push_back(std::move(*pin));
  }
  return pins;
}

std::string trust_command(const GatedFile& file) {
  return "bus plugins trust " + shell_word(file.path);
}

}  // namespace

Result<std::vector<Pin>> TrustStore::list() const {
  const auto fd = open_private(file_);
  if (!fd && fd.error().code == Code::not_found) return std::vector<Pin>();
  if (!fd) return fd.error();
  const auto bytes = read_all(fd->get(), kMaxFile);
  if (!bytes) return Error(bytes.error()).in(file_);
  auto pins = decode_file(*bytes);
  if (!pins)
    return error(Code::config, file_ + ": " + pins.error().message,
                 "mend it, or begin anew (rm " + shell_word(file_) + ") and trust your plugins again");
  return pins;
}

Status TrustStore::save(const std::vector<Pin>& pins) const {
  return replace_file(file_, encode(pins));
}

Status TrustStore::add(const Pin& pin) const {
  if (Status made = make_private_folder(std::filesystem::path(file_).parent_path()); !made) return made;
  const auto lock = lock_beside(file_);
  if (!lock) return lock.error();
  auto pins = list();
  if (!pins) return std::move(pins).error();
  std::erase_if(*pins, [&](const Pin& old) { return old.path == pin.path; });
  pins->push_back(pin);
  return save(*pins);
}

Result<std::vector<Pin>> TrustStore::remove(std::string_view what) const {
  if (Status made = make_private_folder(std::filesystem::path(file_).parent_path()); !made)
    return std::move(made).error();
  const auto lock = lock_beside(file_);
  if (!lock) return lock.error();
  auto pins = list();
  if (!pins) return pins;
  const auto gone = std::stable_partition(pins->begin(), pins->end(), [&](const Pin& pin) {
    return pin.name != what && pin.path != what && pin.sha256 != what;
  });
  std::vector<Pin> removed(gone, pins->end());
  if (removed.empty()) {
    return error(Code::not_found, "no plugin '" + printable(what) + "' is trusted",
                 "bus plugins list shows which are");
  }
  pins->erase(gone, pins->end());
  if (Status saved = save(*pins); !saved) return std::move(saved).error();
  return removed;
}

Result<std::string> read_signature_of(const std::string& path) {
  const std::string name = path + ".minisig";
  const UniqueFd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return system_error(name, errno);
  return read_all(fd.get(), kMaxMinisignText);
}

Result<std::string> check_signature(const MinisignKey& key, const GatedFile& file) {
  const auto signature = read_signature_of(file.path);
  if (!signature) return error(Code::denied, "there is no signature: " + signature.error().message);
  const auto library = read_gated(file);
  if (!library) return library.error();
  auto comment = key.verify(*signature, *library);
  if (comment) return comment;
  const bool malformed = comment.error().code == Code::invalid;
  return error(comment.error().code, file.path + (malformed ? ".minisig " : " ") + comment.error().message);
}

namespace {

// By the key of a pin for the library's path.
Status check_pin(const Pin& pin, const GatedFile& file) {
  const auto key = MinisignKey::parse(pin.key);
  if (!key) return key.error();
  const auto comment = check_signature(*key, file);
  return comment ? Status(Ok{}) : Status(comment.error());
}

}  // namespace

Result<std::string> judge(const TrustStore& trust, const GatedFile& file) {
  const auto pins = trust.list();
  if (!pins) return pins.error();
  std::optional<Error> why;
  for (const Pin& pin : *pins) {
    if (!pin.sha256.empty() && pin.sha256 == file.sha256) return std::string("pinned");
    if (pin.path != file.path) continue;
    if (pin.key.empty()) {
      why =
          error(Code::denied,
                file.path + " has changed since it was trusted (" + pin.sha256 + ", now " + file.sha256 + ")",
                "if you know why: " + trust_command(file));
    } else if (Status held = check_pin(pin, file); held) {
      return std::string("signed");
    } else {
      why = error(Code::denied, "the signature of " + file.path + " is not good: " + held.error().message,
                  "get the library again, or trust these very bytes: " + trust_command(file));
    }
  }
  if (why) return *why;
  return error(Code::denied, file.path + " is not trusted", trust_command(file));
}

}  // namespace bus::plugin
