#include "core/plugin/minisign.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/auth/base64.h"
#include "core/auth/hmac.h"
#include "core/base/text.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kIdBytes = 8, kKeyBytes = 32, kSignatureBytes = 64, kAlgorithmBytes = 2;
constexpr std::string_view kComment = "untrusted comment: ", kTrustedComment = "trusted comment: ";

Error malformed(std::string_view what) {
  return error(Code::invalid, "is no " + std::string(what) + " of minisign");
}

// Lines without their ends; one at the end of the text adds none.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  for (std::string_view& line : lines) {
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  return lines;
}

// minisign shows the eight bytes as one little-endian number, without leading zeros.
std::string shown_id(std::string_view raw) {
  const std::string turned(raw.rbegin(), raw.rend());
  std::string text = hex(turned);
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  for (char& c : text) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

struct SignatureFile {
  bool prehashed = false;
  std::string key_id, signature, global, comment;
};

std::optional<SignatureFile> read_signature(std::string_view text) {
  if (text.size() > kMaxMinisignText) return std::nullopt;
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() != 4 || !lines[0].starts_with(kComment) || !lines[2].starts_with(kTrustedComment))
    return std::nullopt;
  const auto first = auth::parse_base64(trim(lines[1])), global = auth::parse_base64(trim(lines[3]));
  if (!first || first->size() != kAlgorithmBytes + kIdBytes + kSignatureBytes || !global ||
      global->size() != kSignatureBytes) {
    return std::nullopt;
  }
  SignatureFile out;
  const std::string algorithm = first->substr(0, kAlgorithmBytes);
  if (algorithm != "Ed" && algorithm != "ED") return std::nullopt;
  out.prehashed = algorithm == "ED";
  out.key_id = first->substr(kAlgorithmBytes, kIdBytes);
  out.signature = first->substr(kAlgorithmBytes + kIdBytes);
  out.global = *global;
  out.comment = lines[2].substr(kTrustedComment.size());
  return out;
}

std::optional<std::string> blake2b512(std::string_view bytes) {
  std::array<unsigned char, 64> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_blake2b512(), nullptr) != 1 ||
      size != digest.size()) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace

MinisignKey::MinisignKey(std::string text, std::string raw_id, auth::Ed25519Key key)
    : text_(std::move(text)), raw_id_(std::move(raw_id)), id_(shown_id(raw_id_)), key_(std::move(key)) {}

Result<MinisignKey> MinisignKey::parse(std::string_view text) {
  if (text.size() > kMaxMinisignText) return malformed("public key");
  std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() == 2 && lines[0].starts_with(kComment)) lines.erase(lines.begin());
  if (lines.size() != 1) return malformed("public key");
  const std::string line(trim(lines[0]));
  const auto bytes = auth::parse_base64(line);
  if (!bytes || bytes->size() != kAlgorithmBytes + kIdBytes + kKeyBytes || !bytes->starts_with("Ed"))
    return malformed("public key");
  auto key = auth::Ed25519Key::make(std::string_view(*bytes).substr(kAlgorithmBytes + kIdBytes));
  if (!key) return malformed("public key");
  return MinisignKey(line, bytes->substr(kAlgorithmBytes, kIdBytes), std::move(*key));
}

Result<std::string> MinisignKey::verify(std::string_view signature_file, std::string_view bytes) const {
  const auto file = read_signature(signature_file);
  if (!file) return malformed("signature");
  if (!auth::same(file->key_id, raw_id_)) {
    return error(Code::denied, "is signed by key " + shown_id(file->key_id) + ", not by " + id_);
  }
  std::string digest;
  std::string_view signed_bytes = bytes;
  if (file->prehashed) {
    auto hashed = blake2b512(bytes);
    if (!hashed) return error(Code::fault, "BLAKE2b is not to be had");
    digest = std::move(*hashed);
    signed_bytes = digest;
  }
  if (!key_.verify(signed_bytes, file->signature))
    return error(Code::denied, "has a signature that does not hold");
  if (!key_.verify(file->signature + file->comment, file->global))
    return error(Code::denied, "has a signature whose trusted comment was changed");
  return printable(file->comment);
}

std::string minisign_signer(std::string_view signature_file) {
  const auto file = read_signature(signature_file);
  return file ? shown_id(file->key_id) : std::string();
}

}  // namespace bus::plugin
