#include "sources/github/hooks.h"

#include <simdjson.h>

#include <algorithm>
#include <map>

#include "sources/github/payload.h"

namespace bus::github {
namespace {

// Visits the objects of an array; false if it is none.
template <class Visit>
bool each_object(std::string_view json, Visit visit) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(json.data(), json.size()).get_array().get(array) != simdjson::SUCCESS) return false;
  for (const simdjson::dom::element one : array) {
    simdjson::dom::object object;
    if (one.get_object().get(object) == simdjson::SUCCESS) visit(Payload(object), object);
  }
  return true;
}

// The path of a URL, without a query and a slash at its end.
std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::size_t slash = url.find('/', scheme + 3);
  if (slash == std::string_view::npos) return {};
  std::string_view path = url.substr(slash);
  path = path.substr(0, path.find_first_of("?#"));
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

Hook read_hook(const Payload& in, simdjson::dom::object object) {
  Hook hook;
  const Payload config = in.object("config");
  hook.id = in.number("id").value_or(0);
  hook.active = in.flag("active");
  hook.url = config.text("url");
  hook.content_type = config.text("content_type");
  hook.insecure_ssl = config.text("insecure_ssl") == "1";
  hook.has_secret = !config.text("secret").empty();
  hook.last_status = static_cast<std::int64_t>(in.object("last_response").number("code").value_or(0));
  hook.last_message = in.object("last_response").text("message");
  simdjson::dom::array events;
  if (object.at_key("events").get_array().get(events) != simdjson::SUCCESS) return hook;
  for (const simdjson::dom::element one : events) {
    std::string_view name;
    if (one.get_string().get(name) == simdjson::SUCCESS) hook.events.emplace_back(name);
  }
  return hook;
}

}  // namespace

bool Hook::tells(std::string_view event) const {
  return std::any_of(events.begin(), events.end(),
                     [&](const std::string& one) { return one == "*" || one == event; });
}

std::optional<std::vector<Hook>> read_hooks(std::string_view json) {
  std::vector<Hook> hooks;
  const bool good = each_object(json, [&](const Payload& in, simdjson::dom::object object) {
    if (in.number("id")) hooks.push_back(read_hook(in, object));
  });
  if (!good) return std::nullopt;
  return hooks;
}

std::vector<Hook> ours_of(const std::vector<Hook>& hooks, const std::vector<std::string>& paths) {
  std::vector<Hook> ours;
  std::copy_if(hooks.begin(), hooks.end(), std::back_inserter(ours), [&](const Hook& hook) {
    return std::any_of(paths.begin(), paths.end(),
                       [&](const std::string& path) { return path_of(hook.url) == path; });
  });
  return ours;
}

std::optional<std::vector<Delivered>> read_deliveries(std::string_view json) {
  std::vector<Delivered> all;
  const bool good = each_object(json, [&](const Payload& in, simdjson::dom::object) {
    const auto id = in.number("id");
    if (!id || in.text("guid").empty()) return;
    const std::uint64_t code = in.number("status_code").value_or(0);
    const bool well = in.text("status") == "OK" || (code >= 200 && code < 300);
    all.push_back({*id, std::string(in.text("guid")), in.time_us("delivered_at"), well});
  });
  if (!good) return std::nullopt;
  return all;
}

std::vector<Delivered> never_taken(const std::vector<Delivered>& all) {
  std::map<std::string, Delivered> by_guid;
  for (const Delivered& one : all) {
    const auto [at, fresh] = by_guid.emplace(one.guid, one);
    if (fresh) continue;
    at->second.good = at->second.good || one.good;
    if (one.at_us > at->second.at_us) at->second.id = one.id, at->second.at_us = one.at_us;
  }
  std::vector<Delivered> failed;
  for (const auto& [guid, one] : by_guid) {
    if (!one.good) failed.push_back(one);
  }
  std::sort(failed.begin(), failed.end(),
            [](const Delivered& a, const Delivered& b) { return a.at_us < b.at_us; });
  return failed;
}

}  // namespace bus::github
