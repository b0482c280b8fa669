// What the poller keeps over a restart.
#include <simdjson.h>

#include "bus/cpp/text.hpp"
#include "sources/github/link.h"
#include "sources/github/payload.h"
#include "sources/github/poller.h"

namespace bus::github {
namespace {

std::string list_of(const std::set<std::uint64_t>& runs) {
  std::string out = "[";
  for (const std::uint64_t run : runs) {
    if (out.size() > 1) out += ',';
    out += std::to_string(run);
  }
  return out + "]";
}

void read_list(simdjson::dom::element root, std::string_view member, std::size_t most,
               std::set<std::uint64_t>& into) {
  simdjson::dom::array array;
  if (root.at_key(member).get_array().get(array) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element one : array) {
    std::uint64_t run = 0;
    if (into.size() < most && one.get_uint64().get(run) == simdjson::SUCCESS) into.insert(run);
  }
}

}  // namespace

std::string Poller::save(const std::string& key, const Watched& repo) {
  JsonObject out;
  out.text("key", key)
      .text("repo", repo.name)
      .text("base", repo.base)
      .flag("named", repo.named)
      .number("seen", repo.seen_us);
  out.number("webhook", repo.webhook_us).number("changed", repo.changed_us);
  for (const auto& [url, tag] : repo.tags) {
    const std::string tail = repo.base + "/actions/runs?per_page=30";
    if (url.size() > tail.size() && url.substr(url.size() - tail.size()) == tail) out.text("etag", tag.etag);
  }
  out.json("active", list_of(repo.active)).json("closing", list_of(repo.closing));
  return out.done();
}

void Poller::load(std::string_view saved) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::object object;
  if (parser.parse(saved.data(), saved.size()).get(root) != simdjson::SUCCESS ||
      root.get_object().get(object) != simdjson::SUCCESS)
    return;
  const Payload in(object);
  const std::string name(in.text("repo")), base(in.text("base"));
  if (!is_repo_name(name) || base.empty() || base.front() != '/') return;
  const auto at = repos_.find(std::string(in.text("key")));
  if (at == repos_.end()) return;
  Watched* const found = &at->second;
  found->name = name;
  found->base = base;
  found->named = in.flag("named");
  found->seen_us = static_cast<std::int64_t>(in.number("seen").value_or(0));
  found->webhook_us = static_cast<std::int64_t>(in.number("webhook").value_or(0));
  found->changed_us = static_cast<std::int64_t>(in.number("changed").value_or(0));
  if (!in.text("etag").empty()) {
    const std::string url = make(*found, at->first, What::runs).url;
    found->tags[url] = {std::string(in.text("etag")), {}, found->round};
  }
  read_list(root, "active", kMostActive, found->active);
  read_list(root, "closing", kMostClosing, found->closing);
}

}  // namespace bus::github
