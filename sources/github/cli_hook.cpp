#include "sources/github/cli_hook.h"

#include <simdjson.h>

#include <utility>
#include <vector>

#include "bus/cpp/text.hpp"
#include "sources/github/payload.h"

namespace bus::github {
namespace {

constexpr std::string_view kKey = "forward_hooks";

}  // namespace

std::optional<CliHook> read_cli_hook(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) return std::nullopt;
  const Payload hook(object);
  const auto id = hook.number("id");
  const std::string_view socket = hook.text("ws_url");
  if (!id || socket.empty()) return std::nullopt;
  return CliHook{*id, std::string(socket)};
}

std::optional<std::uint64_t> find_cli_hook(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(json).get(list) != simdjson::SUCCESS) return std::nullopt;
  for (const simdjson::dom::element one : list) {
    simdjson::dom::object object;
    if (one.get(object) != simdjson::SUCCESS) continue;
    if (Payload(object).text("name") == "cli") return Payload(object).number("id");
  }
  return std::nullopt;
}

std::string cli_hook_request(const std::vector<std::string>& events, std::string_view secret) {
  std::string names = "[";
  for (const std::string& event : events) {
    if (names.size() > 1) names += ',';
    append_json_text(names, event);
  }
  JsonObject config;
  config.text("content_type", "json").text("insecure_ssl", "0").text("secret", secret);
  return JsonObject()
      .text("name", "cli")
      .flag("active", false)
      .json("events", names + "]")
      .json("config", config.done())
      .done();
}

Status HookBook::load() {
  hooks_.clear();
  std::optional<std::string> text;
  if (Status read = state_.get(kKey, text); !read.ok() || !text) return read;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(*text).get(object) != simdjson::SUCCESS) return {};
  for (const auto& [repo, value] : object) {
    simdjson::dom::object one;
    if (value.get(one) != simdjson::SUCCESS) continue;
    const Payload hook(one);
    hooks_[std::string(repo)] = {hook.number("id").value_or(0), std::string(hook.text("ws_url"))};
  }
  return {};
}

std::optional<CliHook> HookBook::find(const std::string& repo) const {
  const auto found = hooks_.find(repo);
  return found == hooks_.end() ? std::nullopt : std::optional(found->second);
}

Status HookBook::put(const std::string& repo, CliHook hook) {
  hooks_[repo] = std::move(hook);
  return save();
}

Status HookBook::remove(const std::string& repo) {
  return hooks_.erase(repo) == 0 ? Status() : save();
}

Status HookBook::save() const {
  JsonObject all;
  for (const auto& [repo, hook] : hooks_)
    all.json(
        repo,
        JsonObject().number("id", static_cast<std::int64_t>(hook.id)).text("ws_url", hook.socket).done());
  return state_.put(kKey, all.done());
}

}  // namespace bus::github
