#include "core/auth/tokens.h"

#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "core/auth/base64.h"
#include "core/auth/secrets.h"
#include "core/base/file.h"
#include "core/base/file_lock.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/json/reader.h"
#include "core/json/writer.h"

namespace bus::auth {
namespace {

constexpr std::array<std::string_view, 2> kScopes = {"events:read", "events:write"};
constexpr std::size_t kMaxFile = 1024u << 10;
constexpr std::size_t kMaxTokens = 1000;

std::string encode(const std::vector<Token>& tokens) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("tokens").begin_array();
  for (const Token& token : tokens) {
    out.begin_object().member("name", token.name).member("sha256", hex(view(token.hash)));
    out.key("scopes").begin_array();
    for (const Scope scope : token.scopes) out.string(name(scope));
    out.end_array().member("created", format_time(token.created));
    if (token.expires) out.member("expires", format_time(*token.expires));
    out.end_object();
  }
  out.end_array().end_object();
  return text += '\n';
}

std::optional<Digest> parse_digest(std::string_view text) {
  Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const std::size_t high = std::string_view("0123456789abcdef").find(text[2 * i]);
    const std::size_t low = std::string_view("0123456789abcdef").find(text[2 * i + 1]);
    if (high > 15 || low > 15) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

// One entry; nullopt if any part of it is not as encode() writes it. A token is never taken for more than it
// says.
std::optional<Token> decode(json::Node node) {
  Token token;
  token.name = node["name"].string_or({});
  const auto hash = parse_digest(node["sha256"].string_or({}));
  const auto created = parse_time(node["created"].string_or({}));
  if (!SecretStore::valid_name(token.name) || !hash || !created) return std::nullopt;
  token.hash = *hash;
  token.created = *created;
  if (const json::Node expires = node["expires"]; expires.exists()) {
    const auto time = parse_time(expires.string_or({}));
    if (!time) return std::nullopt;
    token.expires = *time;
  }
  for (const json::Node word : node["scopes"].elements()) {
    const auto scope = scope_named(word.string_or({}));
    if (!scope) return std::nullopt;
    token.scopes.push_back(*scope);
  }
  return token;
}

Result<std::vector<Token>> decode_file(std::string_view bytes) {
  json::Document document;
  const auto root = document.parse(bytes);
  if (!root) return root.error();
  if (!(*root)["tokens"].is_array()) return error(Code::config, "there is no list \"tokens\"");
  std::vector<Token> tokens;
  for (const json::Node node : (*root)["tokens"].elements()) {
    auto token = decode(node);
    if (!token)
      return error(Code::config, "token number " + std::to_string(tokens.size() + 1) + " is malformed");
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

Result<Secret> random_token() {
  std::array<char, 32> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return system_error("getrandom", errno);
  }
  return Secret("bus_" + base64_url({bytes.data(), bytes.size()}));
}

}  // namespace

std::string_view name(Scope scope) {
  return kScopes[static_cast<std::size_t>(scope)];
}

std::optional<Scope> scope_named(std::string_view name) {
  const auto at = std::find(kScopes.begin(), kScopes.end(), name);
  if (at == kScopes.end()) return std::nullopt;
  return static_cast<Scope>(at - kScopes.begin());
}

bool Token::may(Scope scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

Status TokenStore::load() {
  const auto fd = open_private(path_);
  if (!fd && fd.error().code == Code::not_found) {
    tokens_.clear();
    stamp_ = {};
    return Ok{};
  }
  if (!fd) return fd.error();
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return system_error(path_, errno);
  const Stamp stamp{info.st_ino, info.st_size, info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec};
  if (stamp == stamp_) return Ok{};
  const auto bytes = read_all(fd->get(), kMaxFile);
  if (!bytes) return Error(bytes.error()).in(path_);
  auto tokens = decode_file(*bytes);
  if (!tokens) return std::move(tokens).error().in(path_);
  tokens_ = std::move(*tokens);
  stamp_ = stamp;
  return Ok{};
}

Status TokenStore::save(const std::vector<Token>& tokens) {
  Status written = replace_file(path_, encode(tokens));
  return written ? load() : std::move(written);
}

Result<Secret> TokenStore::create(std::string_view name, std::vector<Scope> scopes,
                                  std::optional<Time> expires, Time now) {
  if (!SecretStore::valid_name(name)) {
    return error(Code::invalid, "\"" + printable(name) + "\" cannot be the name of a token");
  }
  if (scopes.empty())
    return error(Code::invalid, "a token needs a scope", "events:read, events:write or both");
  MutexLock guard(mutex_);
  if (Status made = make_private_folder(std::filesystem::path(path_).parent_path()); !made) {
    return std::move(made).error();
  }
  const auto lock = lock_beside(path_);
  if (!lock) return lock.error();
  if (Status loaded = load(); !loaded) return std::move(loaded).error();
  for (const Token& token : tokens_) {
    if (token.name == name) return error(Code::conflict, "there is a token " + token.name + " already");
  }
  if (tokens_.size() >= kMaxTokens)
    return error(Code::limit, "there are " + std::to_string(kMaxTokens) + " tokens");
  auto text = random_token();
  if (!text) return text;
  std::vector<Token> tokens = tokens_;
  tokens.push_back({std::string(name), std::move(scopes), now, expires, sha256(text->reveal())});
  if (Status saved = save(tokens); !saved) return std::move(saved).error();
  return text;
}

Status TokenStore::remove(std::string_view name) {
  MutexLock guard(mutex_);
  const auto lock = lock_beside(path_);
  if (!lock) return lock.error();
  if (Status loaded = load(); !loaded) return loaded;
  std::vector<Token> tokens = tokens_;
  if (std::erase_if(tokens, [&](const Token& token) { return token.name == name; }) == 0) {
    return error(Code::not_found, "there is no token " + printable(name));
  }
  return save(tokens);
}

Result<std::vector<Token>> TokenStore::list() {
  MutexLock guard(mutex_);
  if (Status loaded = load(); !loaded) return std::move(loaded).error();
  return tokens_;
}

Result<Token> TokenStore::check(std::string_view text, Scope needed, Time now) {
  const Digest given = sha256(text);
  MutexLock guard(mutex_);
  if (Status loaded = load(); !loaded) return std::move(loaded).error();
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    if (same(view(token.hash), view(given))) found = &token;
  }
  if (found == nullptr) return error(Code::denied, "this token is not known", "bus token create makes one");
  if (found->expires && *found->expires <= now)
    return error(Code::denied, "the token " + found->name + " has expired");
  if (!found->may(needed)) {
    return error(Code::denied, "the token " + found->name + " may not do this",
                 "it needs the scope " + std::string(auth::name(needed)));
  }
  return *found;
}

}  // namespace bus::auth
